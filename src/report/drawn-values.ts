// A comparison whose seeds drew values of training -> what they drew, and whether differences depend on it.

import type { AxisValue } from "../config/axes.js";
import { holm } from "../statistics/holm.js";
import { type RankCorrelation, rankCorrelation } from "../statistics/spearman.js";
import type { Comparison, VariantComparison } from "./comparison.js";

/** How the difference of a variant from its baseline goes with a drawn number. */
export interface Dependence extends RankCorrelation {
  readonly variant: string;
  readonly baseline: string;
  readonly path: string;
  /** The number of seeds. */
  readonly n: number;
}

/** A difference of fewer seeds says nothing about what it depends on. */
const LEAST_SEEDS = 5;

/** The paths of drawn values, each with all values that have been drawn, in ascending order if they are numbers. */
export function drawnPaths({ variants }: Pick<Comparison, "variants">): ReadonlyMap<string, AxisValue[]> {
  const found = new Map<string, Set<AxisValue>>();
  for (const values of variants.flatMap(({ drawn }) => Object.values(drawn)))
    for (const [path, value] of Object.entries(values))
      found.set(path, (found.get(path) ?? new Set()).add(value));
  return new Map(
    Array.from(found, ([path, values]) => [path, [...values].sort((a, b) => Number(a) - Number(b))]),
  );
}

export interface DrawnDifference {
  readonly seed: number;
  readonly value: AxisValue;
  readonly difference: number;
}

/** The differences of a variant beside what their seeds have drawn at `path`. */
export function drawnDifferences(
  { drawn, differences }: Pick<VariantComparison, "drawn" | "differences">,
  path: string,
): DrawnDifference[] {
  return Object.entries(differences).flatMap(([seed, difference]) => {
    const value = drawn[seed]?.[path];
    return value === undefined ? [] : [{ seed: Number(seed), value, difference }];
  });
}

/** For every compared variant and every drawn number, with p after Holm's correction for all of these. */
export function dependencesOf(comparison: Pick<Comparison, "variants">): Dependence[] {
  const paths = [...drawnPaths(comparison).keys()];
  const found = comparison.variants.flatMap((one) =>
    paths.flatMap((path): Dependence[] => {
      const pairs = drawnDifferences(one, path);
      const values = pairs.map(({ value }) => value);
      if (pairs.length < LEAST_SEEDS || values.some((value) => typeof value !== "number")) return [];
      const correlation = rankCorrelation(
        values.map(Number),
        pairs.map(({ difference }) => difference),
      );
      const { variant, baseline } = one;
      return correlation ? [{ variant, baseline, path, n: pairs.length, ...correlation }] : [];
    }),
  );
  const adjusted = holm(
    found.map(({ p }) => p),
    found.length,
  );
  return found.map((one, index) => ({ ...one, p: adjusted[index] as number }));
}
