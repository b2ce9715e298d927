// What gates do, as tables -> the figure of the SENet paper, and what each gate is worth by depth.

import { PLOT_WIDTH, renderPlot } from "../present/plots.js";
import type { ExcitationRow, GateRow } from "../records/tables.js";

/** The paper shows so many channels of each gate, evenly spaced, where there are more. */
export const MOST_CHANNELS = 50;
/** And so many classes where there are more than can be told apart. */
const [ALL_CLASSES, SOME_CLASSES] = [10, 4];

/**
 * Hu et al., figure 5: activations by channel in the last gate of each stage, a line a class (its mean over images) and a
 * thick one for all classes. `rows`: those of excitation.csv.
 */
export function excitationFigure(rows: readonly ExcitationRow[]): Promise<string> {
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

/** A figure of its own, not of a page: black on white. */
export function standalone(svg: string): string {
  return svg.replace("<svg ", '<svg style="background: white; color: black" ');
}

export interface Depth {
  /** Of gates.csv. */
  readonly column: (row: GateRow) => number;
  /** Where that is uncertain, in the same unit; a bar whose interval includes 0 is grey. */
  readonly interval?: (row: GateRow) => readonly [number, number];
  readonly title: string;
  readonly scale: number;
}

/** By gate, in the order of the network. */
export function depthPlot(
  rows: readonly GateRow[],
  { column, interval, title, scale }: Depth,
): Promise<string> {
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

/** Of classes without images there is nothing to show. */
function classesShown(rows: readonly ExcitationRow[]): string[] {
  const classes = [...new Set(rows.filter(({ mean }) => mean !== null).map((row) => row.class))];
  const most = classes.length <= ALL_CLASSES ? ALL_CLASSES : SOME_CLASSES;
  return evenly(classes.length, most).map((index) => classes[index] as string);
}

function channelsShown(rows: readonly ExcitationRow[]): Set<number> {
  return new Set(evenly(new Set(rows.map(({ channel }) => channel)).size, MOST_CHANNELS));
}

/** At most so many of 0..count-1, first and last among them. */
function evenly(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, index) => Math.round((index * (count - 1)) / (most - 1)));
}
