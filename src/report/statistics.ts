// Samples and paired samples -> means, intervals, tests. Small numbers of seeds: exact where it can be.

import jstat from "jstat";
import { randomStream } from "../random.js";

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
  // Values that are equal but for rounding do not vary.
  const rounding = 1e-12 * Math.max(...values.map(Math.abs));
  const deviation = n > 1 && Math.sqrt(squares / n) <= rounding ? 0 : Math.sqrt(squares / (n - 1));
  const half = n > 1 ? (jstat.studentt.inv(0.975, n - 1) * deviation) / Math.sqrt(n) : Number.NaN;
  return { n, mean, deviation, interval: [mean - half, mean + half] };
}

export interface PairedTest {
  /** Two-sided: the share of all 2^n ways to choose the signs that give a mean at least as far from 0. */
  readonly p: number;
  /** The smallest p that this many pairs can give. */
  readonly smallestP: number;
  /** Cohen's d of paired samples: mean / deviation of the differences; NaN where they do not vary. */
  readonly effect: number;
}

/** Up to this many pairs all signs are tried; with more, so many random ones. */
const MOST_EXACT = 20;
const DRAWS = 50_000;

/**
 * Sign-flip (randomisation) test of paired differences (Fisher 1935): under the hypothesis that the variants do not
 * differ, each difference is as likely as its negative. Exact up to 20 pairs; above, estimated from random signs (the same
 * ones each time), the one found counted with them (Phipson and Smyth 2010). Null for no pairs.
 */
export function signFlipTest(differences: readonly number[]): PairedTest | null {
  const spread = spreadOf(differences);
  if (!spread) return null;
  const { n, mean, deviation } = spread;
  const found = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Sums that are equal but for rounding count as equal.
  const slack = 1e-9 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const share = (sums: Float64Array) =>
    sums.reduce((count, sum) => count + (Math.abs(sum) >= found - slack ? 1 : 0), 0) / sums.length;
  return {
    p: share(n <= MOST_EXACT ? allSums(differences) : randomSums(differences, found)),
    smallestP: smallestP(n),
    effect: deviation > 0 ? mean / deviation : Number.NaN,
  };
}

function allSums(differences: readonly number[]): Float64Array {
  const sums = new Float64Array(2 ** differences.length);
  let filled = 1;
  for (const value of differences) {
    for (let index = 0; index < filled; index++) {
      const sum = sums[index] as number;
      sums[index] = sum + value;
      sums[filled + index] = sum - value;
    }
    filled *= 2;
  }
  return sums;
}

function randomSums(differences: readonly number[], found: number): Float64Array {
  const random = randomStream("sign-flip");
  const sums = new Float64Array(DRAWS + 1).map(() =>
    differences.reduce((sum, value) => sum + (random.uniform() < 0.5 ? value : -value), 0),
  );
  sums[DRAWS] = found;
  return sums;
}

/** 2 / 2^n where all signs are tried: those found and all of them turned. */
export function smallestP(pairs: number): number {
  return pairs <= MOST_EXACT ? 2 / 2 ** pairs : 1 / (DRAWS + 1);
}

/** Holm's step-down correction (1979) for `comparisons`, of which these have p-values yet; in the order given. */
export function holm(ps: readonly number[], comparisons = ps.length): number[] {
  const order = ps.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(ps.length);
  let most = 0;
  order.forEach(({ p, index }, rank) => {
    most = Math.max(most, Math.min(1, p * (comparisons - rank)));
    adjusted[index] = most;
  });
  return adjusted;
}

/** The smallest p after Holm that any of so many comparisons can have with so many pairs each. */
export function smallestAdjusted(pairs: number, comparisons: number): number {
  return Math.min(1, comparisons * smallestP(pairs));
}

/** The fewest pairs with which any of so many comparisons can be significant at 0.05 after Holm. */
export function leastPairs(comparisons: number): number {
  let pairs = 1;
  while (smallestAdjusted(pairs, comparisons) > 0.05) pairs++;
  return pairs;
}

/**
 * How many pairs would show a difference like this one, at a level of 0.05 over all comparisons (Bonferroni), with a
 * probability of 80 %: the usual approximation by Student's quantiles. Never fewer than the sign-flip test needs. Null where
 * the differences do not vary or average 0, and above 10,000.
 */
export function pairsNeeded({ mean, deviation }: Spread, comparisons: number): number | null {
  if (!(deviation > 0) || mean === 0) return null;
  for (let n = 3; n <= 10_000; n++) {
    const quantiles = jstat.studentt.inv(1 - 0.025 / comparisons, n - 1) + jstat.studentt.inv(0.8, n - 1);
    if (smallestAdjusted(n, comparisons) <= 0.05 && (quantiles * deviation) / Math.sqrt(n) < Math.abs(mean))
      return n;
  }
  return null;
}
