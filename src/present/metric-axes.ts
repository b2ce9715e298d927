// A comparison -> the axes of its plots, and where its intervals lie on them.

import type { Comparison } from "../report/comparison.js";
import type { Spread } from "../report/statistics.js";
import { metricScale, metricWords } from "./metric-words.js";
import type { Plot } from "./plots.js";

/** The one colour where colour tells nothing. */
export const ONE = "#0072B2";

export function bounds({ mean, interval: [low, high], n }: Spread, scale: number) {
  const of = (value: number) => (n > 1 ? value : mean) * scale;
  return { mean: mean * scale, low: of(low), high: of(high) };
}

export function quantity(field: string, title: string, domain?: readonly [number, number]): Plot {
  const scale = domain ? { domain, nice: true, zero: false } : { zero: false, padding: 10 };
  return { field, type: "quantitative", title, scale };
}

/** As far as runs were found, and as much again around them: intervals of few runs may be much wider. */
export function metricAxis({ metric, variants }: Comparison): Plot {
  const { scale } = metricScale(metric);
  const values = variants.flatMap(({ values }) => Object.values(values).map((value) => value * scale));
  const [low, high] = surroundings(values);
  return quantity("mean", metricTitle(metric), [Math.max(0, low), high]);
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
  return { field: "variant", type: "nominal", sort: [...order], title: null, axis: { labelLimit: 200 } };
}
