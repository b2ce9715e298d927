// A comparison -> plots: differences, the metric against cost and against an axis of the sweep, runs seed by seed.

import type { AxisValue } from "../config/sweep.js";
import type { Comparison, VariantComparison } from "./comparison.js";
import { metricScale, metricWords } from "./metric-words.js";
import { markedBy, type Plot, renderPlot } from "./plots.js";
import type { Spread } from "./statistics.js";

/** Each variant's difference to its baseline: the mean with its 95 % interval, and every seed's as a stroke. Null without any. */
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
  const title = `difference of ${metricWords(metric)}${points}, left is better`;
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
      // An interval that goes on beyond the plot ends in an arrow.
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
  /** Whether it has a Pareto front: more than one variant that no other is both cheaper and better than. */
  readonly hasFront: boolean;
}

/** Costs that differ by less are one cost: nothing can be seen along such an axis. */
const LEAST_SPAN = 0.02;

/**
 * The metric against what a variant costs, with 95 % intervals, and the Pareto front: no other is cheaper and better.
 * Null where all cost about the same.
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
    ...quantity("cost", cost === "params" ? "parameters" : "MACs an image"),
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

/** Axes of the sweep with at least two numbers, as in r = 2, 4, 8. */
export function numericAxes({ variants }: Comparison): string[] {
  const values = new Map<string, Set<AxisValue>>();
  for (const { axes } of variants)
    for (const [name, value] of Object.entries(axes))
      values.set(name, (values.get(name) ?? new Set()).add(value));
  return [...values]
    .filter(([, all]) => all.size > 1 && [...all].every((value) => typeof value === "number"))
    .map(([name]) => name);
}

/** The metric against a numeric axis, variants that differ in that axis alone joined; their baselines that lack it as lines. */
export function axisPlot(comparison: Comparison, axis: string): Promise<string> {
  const { metric, variants } = comparison;
  const { scale } = metricScale(metric);
  const onAxis = variants.filter(({ axes }) => axes[axis] !== undefined);
  const baselines = new Set(onAxis.map(({ baseline }) => baseline));
  const series = seriesAlong(onAxis, axis);
  const rows = variants.flatMap((one): AxisPoint[] => {
    const value = one.axes[axis];
    if (!one.metric) return [];
    const spread = bounds(one.metric, scale);
    if (typeof value === "number")
      return [{ series: series.get(one.variant) ?? one.variant, value, ...spread }];
    return baselines.has(one.variant) ? [{ series: one.variant, level: spread.mean }] : [];
  });
  const values = rows.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const isLog = Math.min(...values) > 0 && Math.max(...values) >= 4 * Math.min(...values);
  const x = {
    ...quantity("value", axis),
    axis: { values: [...new Set(values)], format: "~g" },
    ...(isLog ? { scale: { type: "log", base: 2, padding: 10 } } : {}),
  };
  const y = metricAxis(comparison);
  const marked = markedBy("series", [...new Set(rows.map(({ series }) => series))]);
  return renderPlot(rows, {
    height: 240,
    layer: [
      {
        transform: [{ filter: "isValid(datum.level)" }],
        mark: { type: "rule", strokeDash: [6, 3] },
        encoding: { y: { ...y, field: "level" }, color: marked.color },
      },
      ...[
        { mark: { type: "line" }, encoding: { x, y, color: marked.color } },
        {
          mark: { type: "rule", clip: true },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color: marked.color },
        },
        {
          mark: { type: "point", filled: true, size: 60, opacity: 1 },
          encoding: { x, y, color: marked.color },
        },
      ].map((layer) => ({ ...layer, transform: [{ filter: "isValid(datum.value)" }] })),
    ],
  });
}

/**
 * Every run, those of one seed joined by a line: what is compared is where the lines go. Where classes are uneven, a dashed
 * line at the error of always answering the most frequent one.
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
  // Colours are those of variants elsewhere: a seed has none.
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

/** A variant at its value of the axis, or a baseline without one at its level. */
interface AxisPoint extends Partial<ReturnType<typeof bounds>> {
  readonly series: string;
  readonly value?: number;
  readonly level?: number;
}

/** The one colour where colour tells nothing. */
const ONE = "#0072B2";

function bounds({ mean, interval: [low, high], n }: Spread, scale: number) {
  const of = (value: number) => (n > 1 ? value : mean) * scale;
  return { mean: mean * scale, low: of(low), high: of(high) };
}

/** Variant -> its name with the axis left open, as in `se-r{r}`: what it shares with those it is joined with. */
function seriesAlong(variants: readonly VariantComparison[], axis: string): Map<string, string> {
  return new Map(
    variants.map(({ variant, template, axes }) => {
      const open = inStep(
        axis,
        variants.filter((other) => other.template === template),
      );
      const name = template.replace(/\$\{(\w+)\}/g, (_, own: string) =>
        open.has(own) ? `{${own}}` : String(axes[own] ?? ""),
      );
      // Of several sweeps each has its own folder in front.
      return [variant, variant.slice(0, variant.lastIndexOf("/") + 1) + name];
    }),
  );
}

/** The axis and those that go with it, as those of a `zip` do: each value of one stands beside one value of the other. */
function inStep(axis: string, variants: readonly VariantComparison[]): ReadonlySet<string> {
  const all = variants.map(({ axes }) => axes);
  const countOf = (...names: string[]) =>
    new Set(all.map((axes) => JSON.stringify(names.map((name) => axes[name])))).size;
  const names = new Set(all.flatMap((axes) => Object.keys(axes)));
  const follows = (name: string) =>
    countOf(name) > 1 && countOf(axis, name) === countOf(axis) && countOf(axis) === countOf(name);
  return new Set([axis, ...[...names].filter(follows)]);
}

function quantity(field: string, title: string, domain?: readonly [number, number]): Plot {
  const scale = domain ? { domain, nice: true, zero: false } : { zero: false, padding: 10 };
  return { field, type: "quantitative", title, scale };
}

/** As far as runs were found, and as much again around them: intervals of few runs may be much wider. */
function metricAxis({ metric, variants }: Comparison): Plot {
  const { scale } = metricScale(metric);
  const values = variants.flatMap(({ values }) => Object.values(values).map((value) => value * scale));
  const [low, high] = surroundings(values);
  return quantity("mean", metricTitle(metric), [Math.max(0, low), high]);
}

function metricTitle(metric: Comparison["metric"]): string {
  return `${metricWords(metric)}${metricScale(metric).unit}`;
}

function surroundings(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const around = (high > low ? high - low : Math.abs(high) || 1) / 2;
  return [low - around, high + around];
}

function variantAxis(order: readonly string[]): Plot {
  return { field: "variant", type: "nominal", sort: [...order], title: null, axis: { labelLimit: 200 } };
}
