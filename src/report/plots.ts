// Tables of runs -> plots as SVG, by Vega-Lite, in colours that colour-blind readers can tell apart (Okabe and Ito 2008).

import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Comparison } from "./comparison.js";
import { metricScale, metricWords } from "./metric-words.js";

const COLORS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#555555"];

/** One row an epoch and run. */
export interface EpochPoint {
  readonly variant: string;
  readonly seed: string;
  readonly epoch: number;
  readonly train: number;
  readonly validation: number;
}

export interface RunPoint {
  readonly variant: string;
  readonly seed: string;
  readonly value: number;
}

type Plot = Partial<Record<string, unknown>>;

/** Loss by epoch: the mean over seeds with a band from the least to the greatest, training dashed. */
export function learningCurves(points: readonly EpochPoint[]): Promise<string> {
  const rows = points.flatMap(({ variant, seed, epoch, train, validation }) => [
    { variant, seed, epoch, loss: validation, split: "validation" },
    { variant, seed, epoch, loss: train, split: "training" },
  ]);
  const x = { field: "epoch", type: "quantitative", title: "epoch", axis: { tickMinStep: 1, format: "d" } };
  const y = { field: "loss", type: "quantitative", title: "loss", scale: { type: "log" } };
  return render(rows, {
    width: 520,
    height: 300,
    layer: [
      {
        transform: [{ filter: "datum.split === 'validation'" }],
        mark: { type: "errorband", extent: "minmax" },
        encoding: { x, y, color: colorBy("variant") },
      },
      {
        mark: { type: "line" },
        encoding: {
          x,
          y: { ...y, aggregate: "mean" },
          color: colorBy("variant"),
          strokeDash: { field: "split", type: "nominal", title: "" },
        },
      },
    ],
  });
}

/** The metric against what a variant costs, with the 95 % interval of its mean. */
export function costPlot({ metric, variants }: Comparison, cost: "params" | "macs"): Promise<string> {
  const { scale, unit } = metricScale(metric);
  const rows = variants.flatMap(({ variant, metric: spread, ...own }) => {
    if (!spread) return [];
    const [low, high] = spread.n > 1 ? spread.interval : [spread.mean, spread.mean];
    return [{ variant, cost: own[cost], mean: spread.mean * scale, low: low * scale, high: high * scale }];
  });
  const x = {
    field: "cost",
    type: "quantitative",
    title: cost === "params" ? "parameters" : "MACs an image",
    scale: { zero: false, padding: 10 },
    axis: { format: "~s" },
  };
  const y = {
    field: "mean",
    type: "quantitative",
    title: `${metricWords(metric)}${unit}`,
    scale: { zero: false },
  };
  return render(rows, {
    width: 420,
    height: 260,
    layer: [
      {
        mark: "rule",
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: colorBy("variant") },
      },
      { mark: { type: "point", filled: true, size: 70 }, encoding: { x, y, color: colorBy("variant") } },
    ],
  });
}

/** Every run, those of one seed joined by a line: what is compared is the slope of each line. */
export function pairedPlot(
  points: readonly RunPoint[],
  order: readonly string[],
  metric: string,
): Promise<string> {
  const { scale, unit } = metricScale(metric);
  const rows = points.map((point) => ({ ...point, value: point.value * scale }));
  const x = { field: "variant", type: "nominal", sort: [...order], title: "", axis: { labelAngle: -30 } };
  const y = {
    field: "value",
    type: "quantitative",
    title: `${metricWords(metric)}${unit}`,
    scale: { zero: false },
  };
  return render(rows, {
    width: Math.max(240, 70 * order.length),
    height: 260,
    layer: [
      { mark: { type: "line", opacity: 0.5 }, encoding: { x, y, color: colorBy("seed") } },
      { mark: { type: "point", filled: true, size: 60 }, encoding: { x, y, color: colorBy("seed") } },
    ],
  });
}

function colorBy(field: string) {
  // In the order of the plan, not of the alphabet.
  return { field, type: "nominal", title: field, sort: null, scale: { range: COLORS } };
}

async function render(values: readonly object[], plot: Plot): Promise<string> {
  const config = {
    background: "transparent",
    font: "system-ui, sans-serif",
    axis: { gridColor: "#88888840" },
    view: { stroke: null },
  };
  const spec = { ...plot, data: { values }, config } as unknown as TopLevelSpec;
  const svg = await new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
  // Text and lines in the colour of the page, light or dark.
  return svg.replaceAll(/(fill|stroke)="(?:#000|#888|black)"/g, '$1="currentColor"');
}
