// A sample -> its mean, deviation and the interval of its mean.

import jstat from "jstat";

export interface Spread {
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation (n - 1); NaN for one value. */
  readonly deviation: number;
  /** Interval of the mean; NaN for one value. */
  readonly interval: readonly [number, number];
}

/**
 * The interval is Student's at the level 1 - alpha, which assumes values near a normal distribution. Returns null for an empty
 * sample.
 */
export function spreadOf(values: readonly number[], alpha = 0.05): Spread | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  // Values that are equal up to rounding have no deviation.
  const rounding = 1e-12 * Math.max(...values.map(Math.abs));
  const deviation = n > 1 && Math.sqrt(squares / n) <= rounding ? 0 : Math.sqrt(squares / (n - 1));
  const half = n > 1 ? (jstat.studentt.inv(1 - alpha / 2, n - 1) * deviation) / Math.sqrt(n) : Number.NaN;
  return { n, mean, deviation, interval: [mean - half, mean + half] };
}
