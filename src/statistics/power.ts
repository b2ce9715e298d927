// What a fixed number of pairs can show, and how many are needed.

import jstat from "jstat";
import { MOST_EXACT, smallestP } from "./sign-flip.js";
import type { Spread } from "./spread.js";

/** The smallest p after Holm's correction that one of `comparisons` can reach with `pairs` pairs each. */
export function smallestAdjusted(pairs: number, comparisons: number): number {
  return Math.min(1, comparisons * smallestP(pairs));
}

/**
 * The smallest number of pairs with which one of `comparisons` can be significant at level `alpha` after Holm's correction; null if
 * the random signs of the test with many pairs are too few for that.
 */
export function leastPairs(comparisons: number, alpha: number): number | null {
  for (let pairs = 1; pairs <= MOST_EXACT + 1; pairs++)
    if (smallestAdjusted(pairs, comparisons) <= alpha) return pairs;
  return null;
}

/**
 * The number of pairs needed to detect a difference with this mean and deviation with a power of 80 %, at level `alpha` over all
 * comparisons (Bonferroni). Uses the usual approximation with Student's quantiles, and returns at least what the sign-flip test
 * needs. Returns null if the mean is 0, if the deviation is 0 or NaN, or if more than 10,000 pairs are needed.
 */
export function pairsNeeded(
  { mean, deviation }: Spread,
  { comparisons, alpha }: { readonly comparisons: number; readonly alpha: number },
): number | null {
  const least = leastPairs(comparisons, alpha);
  if (!(deviation > 0) || mean === 0 || least === null) return null;
  for (let n = Math.max(3, least); n <= 10_000; n++) {
    const quantiles = jstat.studentt.inv(1 - alpha / 2 / comparisons, n - 1) + jstat.studentt.inv(0.8, n - 1);
    if ((quantiles * deviation) / Math.sqrt(n) < Math.abs(mean)) return n;
  }
  return null;
}
