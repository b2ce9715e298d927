// The tables of gates -> figure 5 of the SENet paper, and plots of gates by depth.

import { PLOT_WIDTH, type Plotted, renderPlot } from "../present/plots.js";
import type { ExcitationRow, GateRow } from "../records/tables.js";

/** Of a gate with more channels, this many evenly spaced ones are shown, as in the paper. */
export const MOST_CHANNELS = 50;
/** Up to ten classes are all shown. Of more, only four, because their lines could not be told apart. */
const [ALL_CLASSES, SOME_CLASSES] = [10, 4];

/**
 * Hu et al., figure 5: activations by channel in the last gate of each stage, with one line per class (the mean over its
 * images) and a thick one for all classes. `rows`: the rows of excitation.csv.
 */
export function excitationFigure(rows: readonly ExcitationRow[]): Promise<Plotted> {
  const gates = [...new Set(rows.map(({ gate }) => gate))];
  const lastOfStage = new Map(gates.map((gate) => [gate.split(".")[0], gate]));
  const shown = new Set(lastOfStage.values());
  const own = rows.filter(({ gate }) => shown.has(gate));
  const classes = classesShown(own);
  const channels = new Map(
    [...shown].map((gate) => [gate, channelsShown(own.filter((row) => row.gate === gate))]),
  );
  const points = own.flatMap(({ gate, channel, class: label, mean }) =>
    channels.get(gate)?.has(channel) && mean !== null ? [{ gate, channel, label, mean }] : [],
  );
  const x = {
    field: "channel",
    type: "quantitative",
    title: "channel",
    scale: { nice: false },
    axis: { format: "d", tickMinStep: 1 },
  };
  const y = { field: "mean", type: "quantitative", title: "activation", scale: { zero: false } };
  return renderPlot(points, {
    facet: { field: "gate", type: "nominal", title: null, sort: gates },
    columns: 1,
    resolve: { scale: { x: "independent", y: "independent" } },
    spec: {
      width: PLOT_WIDTH + 180,
      height: 120,
      layer: [
        {
          transform: [{ filter: { field: "label", oneOf: classes } }],
          mark: { type: "line", strokeWidth: 1 },
          encoding: {
            x,
            y,
            color: {
              field: "label",
              type: "nominal",
              title: "class",
              sort: classes,
              scale: { scheme: classes.length > SOME_CLASSES ? "tableau10" : "dark2" },
              legend: { orient: "bottom", columns: 10 },
            },
          },
        },
        {
          mark: { type: "line", color: "black", strokeWidth: 2 },
          encoding: { x, y: { ...y, aggregate: "mean" } },
        },
      ],
    },
  });
}

/** A plot that is a file of its own, black on white. */
export function standalone(svg: string): string {
  return svg.replace("<svg ", '<svg style="background: white; color: black" ');
}

export interface Depth {
  /** The value of a row of gates.csv. */
  readonly column: (row: GateRow) => number;
  /** The interval of the value, in the same unit. A bar is grey if its interval includes 0. */
  readonly interval?: (row: GateRow) => readonly [number, number];
  readonly title: string;
  readonly scale: number;
}

/** One bar per gate, in the order of the network. */
export function depthPlot(
  rows: readonly GateRow[],
  { column, interval, title, scale }: Depth,
): Promise<Plotted> {
  const values = rows.map((row) => {
    const [low, high] = interval?.(row) ?? [];
    const isFound = low === undefined || high === undefined || low > 0 || high < 0;
    return {
      gate: row.gate,
      value: column(row) * scale,
      ...(low === undefined || high === undefined ? {} : { low: low * scale, high: high * scale }),
      color: isFound ? "#0072B2" : "#B0B0B0",
    };
  });
  const y = {
    field: "gate",
    type: "nominal",
    sort: values.map(({ gate }) => gate),
    title: null,
    axis: { labelLimit: 260 },
  };
  const x = { field: "value", type: "quantitative", title };
  const bar = {
    mark: { type: "bar", height: 12 },
    encoding: { y, x, color: { field: "color", type: "nominal", scale: null } },
  };
  const whiskers = {
    mark: { type: "rule" },
    encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
  };
  return renderPlot(values, { height: { step: 22 }, layer: interval ? [bar, whiskers] : [bar] });
}

/** Classes without images are not shown. */
function classesShown(rows: readonly ExcitationRow[]): string[] {
  const classes = [...new Set(rows.filter(({ mean }) => mean !== null).map((row) => row.class))];
  const most = classes.length <= ALL_CLASSES ? ALL_CLASSES : SOME_CLASSES;
  return evenly(classes.length, most).map((index) => classes[index] as string);
}

function channelsShown(rows: readonly ExcitationRow[]): Set<number> {
  return new Set(evenly(new Set(rows.map(({ channel }) => channel)).size, MOST_CHANNELS));
}

/** At most `most` evenly spaced integers from 0 to count - 1, including both ends. */
function evenly(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, index) => Math.round((index * (count - 1)) / (most - 1)));
}
