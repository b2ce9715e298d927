// A comparison -> plots of the differences, of the metric against cost, and of all runs.

import { formatChange } from "../format.js";
import type { Comparison } from "../report/comparison.js";
import type { Spread } from "../statistics/spread.js";
import { bounds, metricAxis, metricTitle, ONE, quantity, surroundings, variantAxis } from "./metric-axes.js";
import { metricScale, metricWords } from "./metric-words.js";
import { markedBy, type Plotted, renderPlot } from "./plots.js";

/** Of the part of a forest plot that shows differences, in pixels; text columns are beside it. */
const FOREST_WIDTH = 240;

/**
 * A forest plot: each variant's difference from its baseline (the mean with its interval, and a tick per seed), and beside it the number
 * of seeds and the cost. Points are filled if the variant is significantly different, or equal. Null without differences.
 */
export function forestPlot({ metric, variants }: Comparison): Promise<Plotted> | null {
  const { scale, points } = metricScale(metric);
  const compared = variants.filter(({ difference }) => difference);
  if (compared.length === 0) return null;
  const seeds = compared.flatMap(({ variant, differences }) =>
    Object.entries(differences).map(([seed, difference]) => ({
      variant,
      seed: Number(seed),
      difference: difference * scale,
    })),
  );
  const [left, right] = surroundings([0, ...seeds.map(({ difference }) => difference)]);
  const means = compared.map((one) => {
    const { mean, low, high } = bounds(one.difference as Spread, scale);
    const base = variants.find(({ variant }) => variant === one.baseline);
    return {
      ...{ variant: one.variant, mean, low, high },
      ...{ shownLow: Math.max(low, left), shownHigh: Math.min(high, right) },
      decided: one.test?.isSignificant || one.decision?.verdict === "equal" ? "yes" : "no",
      seeds: String(one.difference?.n ?? 0),
      parameters: base ? costChange(one.params, base.params) : "",
      time: costChange(one.seconds?.mean ?? 0, base?.seconds?.mean ?? 0),
    };
  });
  const cut = means.flatMap(({ variant, low, high }) => [
    ...(low < left ? [{ variant, end: left, angle: -90 }] : []),
    ...(high > right ? [{ variant, end: right, angle: 90 }] : []),
  ]);
  const order = compared.map(({ variant }) => variant);
  const y = variantAxis(order);
  const unit = points === "" ? "" : ` (${points.trim()})`;
  const title = [`difference in ${metricWords(metric)}${unit},`, "left is better"];
  const x = { ...quantity("mean", ""), title, scale: { domain: [left, right], nice: false, zero: false } };
  const height = { step: 26 };
  const textColumn = (field: string, words: string, width: number) => ({
    ...{ width, height, view: { stroke: null } },
    title: { text: words, fontSize: 12, fontWeight: "normal", anchor: "middle" },
    mark: { type: "text", fontSize: 12, color: "black" },
    transform: [{ filter: `isValid(datum.${field}) && isValid(datum.mean)` }],
    encoding: { y: { ...y, axis: null }, text: { field, type: "nominal" } },
  });
  return renderPlot([...means, ...seeds, ...cut], {
    spacing: 6,
    hconcat: [
      {
        ...{ width: FOREST_WIDTH, height },
        layer: [
          { mark: { type: "rule", strokeDash: [4, 3], color: "#888888" }, encoding: { x: { datum: 0 } } },
          {
            mark: { type: "tick", color: "#888888", thickness: 2, size: 14, opacity: 1 },
            encoding: { y, x: { ...x, field: "difference" } },
          },
          {
            mark: { type: "rule", strokeWidth: 2, color: ONE },
            encoding: { y, x: { ...x, field: "shownLow" }, x2: { field: "shownHigh" } },
          },
          // An interval that extends beyond the plot ends in an arrow.
          {
            mark: { type: "point", shape: "triangle-up", filled: true, size: 60, color: ONE, opacity: 1 },
            encoding: {
              y,
              x: { ...x, field: "end" },
              angle: { field: "angle", type: "quantitative", scale: null },
            },
          },
          {
            mark: { type: "point", size: 70, stroke: ONE, strokeWidth: 2, opacity: 1 },
            encoding: {
              ...{ y, x },
              fill: { condition: { test: "datum.decided === 'yes'", value: ONE }, value: "white" },
            },
          },
        ],
      },
      textColumn("seeds", "seeds", 40),
      textColumn("parameters", "parameters", 70),
      textColumn("time", "time", 60),
    ],
  });
}

/** Such as `+3.6 %`. */
function costChange(value: number, base: number): string {
  if (!(base > 0)) return "";
  return value === base ? "=" : formatChange(value, base);
}

export interface CostPlot {
  readonly plotted: Promise<Plotted>;
  /** Whether the plot shows a Pareto front, which needs at least two variants. */
  readonly hasFront: boolean;
}

/** If costs differ by a smaller fraction, a plot against cost shows nothing. */
const LEAST_SPAN = 0.02;

/**
 * The metric against the cost, with 95 % intervals and the Pareto front (the variants than which no other is both cheaper and
 * better). Null if all variants cost about the same.
 */
export function costPlot(comparison: Comparison, cost: "params" | "macs"): CostPlot | null {
  const { metric, variants } = comparison;
  const { scale } = metricScale(metric);
  const rows = variants.flatMap((one) =>
    one.metric ? [{ variant: one.variant, cost: one[cost], ...bounds(one.metric, scale) }] : [],
  );
  const costs = rows.map((row) => row.cost);
  if (!(Math.max(...costs) > (1 + LEAST_SPAN) * Math.min(...costs))) return null;
  const cheapest = [...rows].sort((a, b) => a.cost - b.cost || a.mean - b.mean);
  const front = cheapest.filter(({ mean }, index) =>
    cheapest.slice(0, index).every((cheaper) => mean < cheaper.mean),
  );
  const x = {
    ...quantity("cost", cost === "params" ? "parameters" : "MACs per image"),
    axis: { format: "~s", tickCount: 6 },
  };
  const y = metricAxis(comparison);
  const marked = markedBy(
    "variant",
    variants.map(({ variant }) => variant),
  );
  const hasFront = front.length > 1;
  const line = {
    data: { values: front },
    mark: { type: "line", interpolate: "step-after", color: "#888888", strokeDash: [4, 3] },
    encoding: { x, y },
  };
  const plotted = renderPlot(rows, {
    height: 240,
    layer: [
      ...(hasFront ? [line] : []),
      {
        mark: { type: "rule", clip: true },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: marked.color },
      },
      { mark: { type: "point", filled: true, size: 70, opacity: 1 }, encoding: { x, y, ...marked } },
    ],
  });
  return { plotted, hasFront };
}

/**
 * All runs, with lines between runs of the same seed, whose slopes show the paired differences. If classes are imbalanced, a
 * dashed line marks the error of always predicting the most frequent one.
 */
export function pairedPlot(comparison: Comparison): Promise<Plotted> {
  const { metric, variants, majorityError } = comparison;
  const { scale } = metricScale(metric);
  const rows = variants.flatMap(({ variant, values }, index) =>
    Object.entries(values).map(([seed, value]) => ({ variant, index, seed, value: value * scale })),
  );
  const y = variantAxis(variants.map(({ variant }) => variant));
  const x = { ...quantity("mean", metricTitle(metric)), field: "value" };
  const majority = metric === "test_error" && majorityError !== null ? [majorityError * scale] : [];
  // No colours for seeds, because colours stand for variants in the other plots.
  return renderPlot(rows, {
    height: { step: 30 },
    layer: [
      ...majority.map((datum) => ({
        mark: { type: "rule", strokeDash: [4, 3], color: "#888888" },
        encoding: { x: { datum } },
      })),
      {
        mark: { type: "line", opacity: 0.4, color: "#888888" },
        encoding: {
          x,
          y,
          detail: { field: "seed", type: "nominal" },
          order: { field: "index", type: "quantitative" },
        },
      },
      { mark: { type: "point", filled: true, size: 50, color: ONE, opacity: 0.9 }, encoding: { x, y } },
    ],
  });
}
