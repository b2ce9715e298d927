// A comparison -> plots of the differences, of the metric against cost, and of all runs.

import type { Comparison } from "../report/comparison.js";
import type { Spread } from "../statistics/spread.js";
import { bounds, metricAxis, metricTitle, ONE, quantity, surroundings, variantAxis } from "./metric-axes.js";
import { metricScale, metricWords } from "./metric-words.js";
import { markedBy, renderPlot } from "./plots.js";

/** Each variant's difference from its baseline: the mean with its interval, and a tick per seed. Null without differences. */
export function differencePlot({ metric, variants }: Comparison): Promise<string> | null {
  const { scale, points } = metricScale(metric);
  const compared = variants.filter(({ difference }) => difference);
  if (compared.length === 0) return null;
  const seeds = compared.flatMap(({ variant, differences }) =>
    Object.values(differences).map((difference) => ({ variant, seed: difference * scale })),
  );
  const [left, right] = surroundings([0, ...seeds.map(({ seed }) => seed)]);
  const means = compared.map(({ variant, difference }) => {
    const { mean, low, high } = bounds(difference as Spread, scale);
    return { variant, mean, low: Math.max(low, left), high: Math.min(high, right), whole: [low, high] };
  });
  const cut = means.flatMap(({ variant, whole: [low, high] }) => [
    ...((low as number) < left ? [{ variant, end: left, angle: -90 }] : []),
    ...((high as number) > right ? [{ variant, end: right, angle: 90 }] : []),
  ]);
  const y = variantAxis(compared.map(({ variant }) => variant));
  const title = `difference in ${metricWords(metric)}${points}, left is better`;
  const x = { ...quantity("mean", title), scale: { domain: [left, right], nice: false, zero: false } };
  return renderPlot([...means, ...seeds, ...cut], {
    height: { step: 26 },
    layer: [
      { mark: { type: "rule", strokeDash: [4, 3], color: "#888888" }, encoding: { x: { datum: 0 } } },
      {
        mark: { type: "tick", color: "#888888", thickness: 2, size: 14, opacity: 1 },
        encoding: { y, x: { ...x, field: "seed" } },
      },
      {
        mark: { type: "rule", strokeWidth: 2, color: ONE },
        encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
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
      { mark: { type: "point", filled: true, size: 70, color: ONE, opacity: 1 }, encoding: { y, x } },
    ],
  });
}

export interface CostPlot {
  readonly svg: Promise<string>;
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
  const svg = renderPlot(rows, {
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
  return { svg, hasFront };
}

/**
 * All runs, with lines between runs of the same seed, whose slopes show the paired differences. If classes are imbalanced, a
 * dashed line marks the error of always predicting the most frequent one.
 */
export function pairedPlot(comparison: Comparison): Promise<string> {
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
