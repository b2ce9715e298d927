// Samples and paired samples -> means, intervals, tests. Small numbers of seeds: exact where it can be.

import jstat from "jstat";

export interface Spread {
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation (n - 1); NaN for one value. */
  readonly deviation: number;
  /** 95 % interval of the mean by Student's t (assumes values near a normal distribution); NaN for one value. */
  readonly interval: readonly [number, number];
}

/** Null for no values. */
export function spreadOf(values: readonly number[]): Spread | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (n - 1));
  const half = n > 1 ? (jstat.studentt.inv(0.975, n - 1) * deviation) / Math.sqrt(n) : Number.NaN;
  return { n, mean, deviation, interval: [mean - half, mean + half] };
}

export interface PairedTest {
  /** Two-sided: how many of all 2^n ways to choose the signs give a mean at least as far from 0. */
  readonly p: number;
  /** The smallest p that this many pairs can give: 2 / 2^n. */
  readonly smallestP: number;
  /** Cohen's d of paired samples: mean / deviation of the differences; NaN where they do not vary. */
  readonly effect: number;
}

/** Above this many pairs not all signs are tried. */
const MOST_PAIRS = 20;

/**
 * Exact sign-flip (randomisation) test of paired differences (Fisher 1935): under the hypothesis that the variants do not
 * differ, each difference is as likely as its negative. Null for no pairs, or for more than 20.
 */
export function signFlipTest(differences: readonly number[]): PairedTest | null {
  const n = differences.length;
  if (n === 0 || n > MOST_PAIRS) return null;
  const sums = differences.reduce<number[]>(
    (all, value) => all.flatMap((sum) => [sum + value, sum - value]),
    [0],
  );
  const found = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Sums that are equal but for rounding count as equal.
  const slack = 1e-9 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const extreme = sums.filter((sum) => Math.abs(sum) >= found - slack).length;
  const { mean, deviation } = spreadOf(differences) as Spread;
  return {
    p: extreme / sums.length,
    smallestP: 2 / 2 ** n,
    effect: deviation > 0 ? mean / deviation : Number.NaN,
  };
}

/** Holm's step-down correction (1979): p-values that may be read together, in the order given. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(ps.length);
  let most = 0;
  order.forEach(({ p, index }, rank) => {
    most = Math.max(most, Math.min(1, p * (ps.length - rank)));
    adjusted[index] = most;
  });
  return adjusted;
}

/**
 * How many pairs would make the 95 % interval of a difference like this one leave out 0, and let the sign-flip test reach
 * 0.05: at least 6. Null where the differences do not vary or average 0.
 */
export function pairsNeeded({ mean, deviation }: Spread): number | null {
  if (!(deviation > 0) || mean === 0) return null;
  for (let n = 6; n <= 10_000; n++)
    if ((jstat.studentt.inv(0.975, n - 1) * deviation) / Math.sqrt(n) < Math.abs(mean)) return n;
  return null;
}
