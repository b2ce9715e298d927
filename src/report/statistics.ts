// Samples and paired samples -> means, intervals and tests, for small numbers of seeds and exact where possible.

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

/** Returns null for an empty sample. */
export function spreadOf(values: readonly number[]): Spread | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  // Values that are equal up to rounding have no deviation.
  const rounding = 1e-12 * Math.max(...values.map(Math.abs));
  const deviation = n > 1 && Math.sqrt(squares / n) <= rounding ? 0 : Math.sqrt(squares / (n - 1));
  const half = n > 1 ? (jstat.studentt.inv(0.975, n - 1) * deviation) / Math.sqrt(n) : Number.NaN;
  return { n, mean, deviation, interval: [mean - half, mean + half] };
}

export interface PairedTest {
  /** Two-sided: the fraction of all 2^n choices of signs whose mean is at least as far from 0. */
  readonly p: number;
  /** The smallest p that is possible with this number of pairs. */
  readonly smallestP: number;
  /** Cohen's d for paired samples: mean / deviation of the differences; NaN if the deviation is 0 or NaN. */
  readonly effect: number;
}

/** Up to this number of pairs, all choices of signs are enumerated; with more pairs, `DRAWS` random ones. */
const MOST_EXACT = 20;
const DRAWS = 50_000;

/**
 * Sign-flip (randomisation) test of paired differences (Fisher 1935): under the hypothesis that the variants do not
 * differ, each difference is as likely as its negative. Exact for up to 20 pairs. With more, p is estimated from random signs
 * with a fixed seed, and the observed signs are counted as one of the draws (Phipson and Smyth 2010). Returns null without pairs.
 */
export function signFlipTest(differences: readonly number[]): PairedTest | null {
  const spread = spreadOf(differences);
  if (!spread) return null;
  const { n, mean, deviation } = spread;
  const found = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Sums that are equal up to rounding count as equal.
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

/** The smallest possible p: 2 / 2^n with all choices of signs (the observed ones and their negatives), else 1 / (draws + 1). */
export function smallestP(pairs: number): number {
  return pairs <= MOST_EXACT ? 2 / 2 ** pairs : 1 / (DRAWS + 1);
}

/** Holm's step-down correction (1979) for `comparisons`, of which only these have p-values so far. Keeps the order of `ps`. */
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

/** The smallest p after Holm's correction that one of `comparisons` can reach with `pairs` pairs each. */
export function smallestAdjusted(pairs: number, comparisons: number): number {
  return Math.min(1, comparisons * smallestP(pairs));
}

/** The smallest number of pairs with which one of `comparisons` can be significant at 0.05 after Holm's correction. */
export function leastPairs(comparisons: number): number {
  let pairs = 1;
  while (smallestAdjusted(pairs, comparisons) > 0.05) pairs++;
  return pairs;
}

/**
 * The number of pairs needed to detect a difference with this mean and deviation with a power of 80 %, at a level of 0.05 over
 * all comparisons (Bonferroni). Uses the usual approximation with Student's quantiles, and returns at least what the sign-flip
 * test needs. Returns null if the mean is 0, if the deviation is 0 or NaN, or if more than 10,000 pairs are needed.
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
