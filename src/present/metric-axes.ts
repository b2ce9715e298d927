// A comparison -> the axes of its plots, and intervals in the units of these axes.

import type { Comparison } from "../report/comparison.js";
import type { Spread } from "../statistics/spread.js";
import { metricScale, metricWords } from "./metric-words.js";
import type { Plot } from "./plots.js";

/** The colour of plots in which colour has no meaning. */
export const ONE = "#0072B2";

export function bounds({ mean, interval: [low, high], n }: Spread, scale: number) {
  const of = (value: number) => (n > 1 ? value : mean) * scale;
  return { mean: mean * scale, low: of(low), high: of(high) };
}

export function quantity(field: string, title: string, domain?: readonly [number, number]): Plot {
  const scale = domain ? { domain, nice: false, zero: false } : { zero: false, padding: 10 };
  return { field, type: "quantitative", title, scale };
}

/** Twice the range of the runs. Intervals of few runs may be much wider, so the axis does not depend on them. */
export function metricAxis({ metric, variants }: Comparison): Plot {
  const { scale } = metricScale(metric);
  const values = variants.flatMap(({ values }) => Object.values(values).map((value) => value * scale));
  const [low, high] = surroundings(values);
  const most = metric.includes("error") ? 100 : Number.POSITIVE_INFINITY;
  return quantity("mean", metricTitle(metric), [Math.max(0, low), Math.min(most, high)]);
}

export function metricTitle(metric: Comparison["metric"]): string {
  return `${metricWords(metric)}${metricScale(metric).unit}`;
}

export function surroundings(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const around = (high > low ? high - low : Math.abs(high) || 1) / 2;
  return [low - around, high + around];
}

export function variantAxis(order: readonly string[]): Plot {
  return { field: "variant", type: "nominal", sort: [...order], title: null, axis: { labelLimit: 320 } };
}
