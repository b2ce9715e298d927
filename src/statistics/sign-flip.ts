// Paired differences -> the test of a number of pairs that was fixed beforehand: exact for small numbers.

import { randomStream } from "../random.js";
import { spreadOf } from "./spread.js";

export interface PairedTest {
  /** Two-sided. */
  readonly p: number;
  /** The smallest p that is possible with this number of pairs. */
  readonly smallestP: number;
  /** Cohen's d for paired samples. */
  readonly effect: number;
}

/** Up to this number of pairs, all choices of signs are enumerated. */
export const MOST_EXACT = 20;
/** With more pairs, this number of random choices of signs are tried. */
const DRAWS = 50_000;

/**
 * Sign-flip (randomisation) test of paired differences (Fisher 1935): under the hypothesis that the variants do not
 * differ, each difference is as likely as its negative. p is the share of choices of signs whose mean is at least as far from 0. Exact for up to 20 pairs. With more, p is estimated from random signs
 * with a fixed seed, and the observed signs are counted as one of the draws (Phipson and Smyth 2010). Returns null without pairs.
 */
export function signFlipTest(differences: readonly number[]): PairedTest | null {
  const spread = spreadOf(differences);
  if (!spread) return null;
  const { n } = spread;
  const found = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Sums that are equal up to rounding count as equal.
  const slack = 1e-9 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const share = (sums: Float64Array) =>
    sums.reduce((count, sum) => count + (Math.abs(sum) >= found - slack ? 1 : 0), 0) / sums.length;
  return {
    p: share(n <= MOST_EXACT ? allSums(differences) : randomSums(differences, found)),
    smallestP: smallestP(n),
    effect: effectOf(differences),
  };
}

/** Cohen's d for paired samples: mean / deviation of the differences; NaN if the deviation is 0 or NaN. */
export function effectOf(differences: readonly number[]): number {
  const { mean = Number.NaN, deviation = Number.NaN } = spreadOf(differences) ?? {};
  return deviation > 0 ? mean / deviation : Number.NaN;
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
