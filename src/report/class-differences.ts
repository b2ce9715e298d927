// The errors of runs by class -> the classes in which a variant differs from its baseline.

import { holm } from "../statistics/holm.js";
import type { ComparableVariant } from "./comparable-variants.js";
import { pairsOf, testOf } from "./sequential.js";

/** Test error of one class, compared with the baseline. */
export interface ClassDifference {
  readonly label: number;
  /** Mean over seeds. */
  readonly difference: number;
  readonly p: number;
  /** After Holm's correction for the classes of this variant. */
  readonly adjustedP: number;
}

/** Tested like the whole difference. */
export function classDifferences(one: ComparableVariant): ClassDifference[] {
  const errorsOfSeed = ({ runs }: Pick<ComparableVariant, "runs">, seed: number) =>
    runs.find((run) => run.seed === seed)?.result?.test_errors_by_class ?? [];
  const pairs = pairsOf(one).map(
    ([seed]) => [errorsOfSeed(one, seed), errorsOfSeed(one.base, seed)] as const,
  );
  const classes = Math.max(0, ...pairs.map(([own]) => own.length));
  const test = testOf(one);
  const tested = Array.from({ length: classes }, (_, label) => {
    const differences = pairs.flatMap(([own, base]) => {
      const [a, b] = [own[label] ?? null, base[label] ?? null];
      return a === null || b === null ? [] : [a - b];
    });
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    return { label, difference: mean, p: test(differences)?.p ?? Number.NaN };
  }).filter(({ p }) => !Number.isNaN(p));
  const adjusted = holm(tested.map(({ p }) => p));
  return tested.map((row, index) => ({ ...row, adjustedP: adjusted[index] as number }));
}
