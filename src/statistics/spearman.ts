// Two lists of values -> whether large values of one go with large values of the other.

import { permutation, randomStream } from "../random.js";

export interface RankCorrelation {
  /** Spearman's rank correlation coefficient, from -1 to 1. */
  readonly coefficient: number;
  /** Two-sided: the share of random permutations whose coefficient is at least as far from 0; the observed order counts as one. */
  readonly p: number;
}

const PERMUTATIONS = 20_000;

/** Null for fewer than 3 pairs, and if all values of one list are equal. Ties have their mean rank. */
export function rankCorrelation(one: readonly number[], other: readonly number[]): RankCorrelation | null {
  if (one.length < 3) return null;
  const [a, b] = [ranksOf(one), ranksOf(other)];
  const found = correlation(a, b);
  if (Number.isNaN(found)) return null;
  const random = randomStream("rank correlation");
  // Coefficients that are equal up to rounding count as equal.
  const least = Math.abs(found) - 1e-9;
  let extreme = 1;
  for (let draw = 0; draw < PERMUTATIONS; draw++) {
    const order = permutation(b.length, random);
    const drawn = correlation(
      a,
      b.map((_, index) => b[order[index] as number] as number),
    );
    if (Math.abs(drawn) >= least) extreme++;
  }
  return { coefficient: found, p: extreme / (PERMUTATIONS + 1) };
}

function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (a.length + 1) / 2;
  let [product, first, second] = [0, 0, 0];
  for (const [index, rank] of a.entries()) {
    const other = (b[index] as number) - mean;
    product += (rank - mean) * other;
    first += (rank - mean) ** 2;
    second += other ** 2;
  }
  return product / Math.sqrt(first * second);
}
