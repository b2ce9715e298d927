// The results of a crossed design -> how much of their variance comes from each source.

import jstat from "jstat";
import { spreadOf } from "./spread.js";

export interface Component {
  readonly source: string;
  /** Degrees of freedom. */
  readonly freedom: number;
  readonly meanSquare: number;
  /** p-value of the F test of the mean square against that of the rest; null for the rest itself, and if nothing varies. */
  readonly p: number | null;
  /** Estimated variance of the results because of this source alone; never negative. */
  readonly variance: number;
}

export interface Components {
  /** In the order of the sources. */
  readonly sources: readonly Component[];
  /** What the sources do not explain one by one: how they act together, and chance that has no seed. */
  readonly rest: Component;
}

/**
 * A design in which every two sources are crossed: each pair of levels occurs equally often. `levels`: a prime number; up to
 * levels + 1 sources. Returns levels^2 rows with the level of each source, from 1. An orthogonal array by linear functions (Bush 1952).
 */
export function orthogonalArray(levels: number, sources: number): number[][] {
  return Array.from({ length: levels ** 2 }, (_, row) => {
    const [first, second] = [Math.floor(row / levels), row % levels];
    return Array.from({ length: sources }, (_, source) =>
      source === 0 ? first + 1 : ((second + (source - 1) * first) % levels) + 1,
    );
  });
}

/**
 * Variance components by the method of moments: the mean square of a source, minus that of the rest, divided by the number of results at
 * each of its levels. `rows`: an orthogonal array. Returns null if nothing is left to estimate the rest.
 */
export function varianceComponents(
  names: readonly string[],
  rows: readonly (readonly number[])[],
  values: readonly number[],
): Components | null {
  const { mean = 0 } = spreadOf(values) ?? {};
  const total = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const parts = names.map((source, column) => {
    const groups = [...new Set(rows.map((row) => row[column]))].map((level) =>
      [...values.keys()].filter((row) => rows[row]?.[column] === level),
    );
    const square = groups.reduce((sum, members) => {
      const own = members.reduce((added, row) => added + (values[row] as number), 0) / members.length;
      return sum + members.length * (own - mean) ** 2;
    }, 0);
    return { source, square, freedom: groups.length - 1, repeats: values.length / groups.length };
  });
  const freedom = values.length - 1 - parts.reduce((sum, part) => sum + part.freedom, 0);
  if (freedom < 1) return null;
  const square = Math.max(0, total - parts.reduce((sum, part) => sum + part.square, 0));
  const rest = square / freedom;
  return {
    sources: parts.map(({ source, square: own, freedom: degrees, repeats }) => ({
      source,
      freedom: degrees,
      meanSquare: own / degrees,
      p: total > 0 ? 1 - jstat.centralF.cdf(own / degrees / rest, degrees, freedom) : null,
      variance: Math.max(0, (own / degrees - rest) / repeats),
    })),
    rest: { source: "rest", freedom, meanSquare: rest, p: null, variance: rest },
  };
}
