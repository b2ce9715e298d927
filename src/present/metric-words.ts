// Names and units of metrics for display.

import type { MetricColumn } from "../records/tables.js";
import type { Comparison } from "../report/comparison.js";

const WORDS: Readonly<Record<MetricColumn, string>> = {
  test_error: "test error",
  test_balanced_error: "balanced test error",
  test_error_top5: "test top-5 error",
  test_loss: "test loss",
  test_calibration_error: "calibration error",
  validation_error: "validation error",
  validation_loss: "validation loss",
  train_error: "training error",
  train_loss: "training loss",
};

export function metricWords(metric: MetricColumn): string {
  return WORDS[metric];
}

export interface MetricScale {
  readonly scale: number;
  readonly unit: string;
  /** The unit of a difference. */
  readonly points: string;
  readonly digits: number;
}

/** Errors are shown in percent and their differences in points, losses without a unit. */
export function metricScale(metric: MetricColumn): MetricScale {
  if (metric.includes("error")) return { scale: 100, unit: " %", points: " points", digits: 2 };
  return { scale: 1, unit: "", points: "", digits: 4 };
}

/** The level of the intervals of differences, such as `95 %`. */
export function levelWords({ alpha }: Pick<Comparison, "alpha">): string {
  return `${Number((100 * (1 - alpha)).toFixed(1))} %`;
}
