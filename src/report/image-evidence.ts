// What runs predict of each test image -> where a variant is better or worse than its baseline, and how sure one can be.

import type { Predictions } from "../records/predictions.js";
import { type CrossedErrors, crossedErrors, type SparseDifferences } from "../statistics/crossed.js";
import { spreadOf } from "../statistics/spread.js";
import { type ClassDifference, classDifferences } from "./class-differences.js";
import { type ComparableVariant, comparableVariants, valuesOf } from "./comparable-variants.js";
import { type ComparisonAsked, metricFor } from "./comparison.js";
import { type GateClasses, gateClasses } from "./gate-classes.js";
import {
  isWrongAt,
  type PredictionsBySeed,
  predictionsOf,
  type TestPredictions,
} from "./read-predictions.js";
import type { SweepTables } from "./read-sweep.js";
import { pairsOf } from "./sequential.js";

/** The vote of all runs of a variant. */
export interface Ensemble {
  readonly members: number;
  /** Test error of the class with the most votes; of several, the one with the larger sum of confidences. */
  readonly error: number;
  /** The share of images of which two runs predict different classes, averaged over pairs of runs; NaN for one run. */
  readonly disagreement: number;
}

export interface ImageEvidence {
  readonly variant: string;
  readonly baseline: string;
  /** Mean over the runs of the expected calibration error; null if no run has it. */
  readonly calibrationError: number | null;
  readonly ensemble: Ensemble | null;
  /** Of the difference in test error; null without pairs of runs with predictions. */
  readonly errors: CrossedErrors | null;
  /** Empty if the variant is not compared. */
  readonly classes: readonly ClassDifference[];
  /** Whether gates help where they tell classes apart; null if `excite` has not looked at any run. */
  readonly gates: GateClasses | null;
  /** Identifies the test images; null without predictions. */
  readonly test: string | null;
  /** Images that all runs classify correctly and no run of the baseline does; null if they have no predictions of the same images. */
  readonly gained: readonly number[] | null;
  /** Images that no run classifies correctly and all runs of the baseline do. */
  readonly lost: readonly number[] | null;
}

/**
 * In the order of the variants. Adds messages about files that cannot be read to `damaged`. Throws InputError for an unknown metric or
 * baseline.
 */
export function imageEvidence(
  sweeps: readonly SweepTables[],
  asked: ComparisonAsked,
  damaged: string[],
): ImageEvidence[] {
  const metric = metricFor(sweeps, asked);
  const variants = comparableVariants(sweeps, { metric, baseline: asked.baseline });
  const known = new Map(variants.map((one) => [one.label, predictionsOf(one, damaged)] as const));
  return variants.map((one) => {
    const own = known.get(one.label) as PredictionsBySeed;
    const base = known.get(one.base.label) as PredictionsBySeed;
    const compared = one.uncompared === null;
    const classes = compared ? classDifferences(one) : [];
    return {
      variant: one.label,
      baseline: one.base.label,
      calibrationError: spreadOf([...valuesOf(one.runs, "test_calibration_error").values()])?.mean ?? null,
      ensemble: ensembleOf([...own.values()]),
      errors: compared ? errorsOf(one, own, base) : null,
      test: [...own.values()][0]?.test ?? null,
      classes,
      gates: gateClasses(one, classes, damaged),
      gained: compared ? turnedOver([...own.values()], [...base.values()]) : null,
      lost: compared ? turnedOver([...base.values()], [...own.values()]) : null,
    };
  });
}

export function ensembleOf(runs: readonly Predictions[]): Ensemble | null {
  const [first] = runs;
  if (!first) return null;
  const images = first.label.length;
  let [wrong, agreements] = [0, 0];
  for (let image = 0; image < images; image++) {
    const votes = new Map<number, { count: number; confidence: number }>();
    for (const { predicted, confidence } of runs) {
      const label = predicted[image] as number;
      const { count, confidence: sum } = votes.get(label) ?? { count: 0, confidence: 0 };
      votes.set(label, { count: count + 1, confidence: sum + (confidence[image] as number) });
    }
    const [[elected]] = [...votes].sort(
      ([, a], [, b]) => b.count - a.count || b.confidence - a.confidence,
    ) as [[number, object]];
    if (elected !== first.label[image]) wrong++;
    for (const { count } of votes.values()) agreements += (count * (count - 1)) / 2;
  }
  const pairs = (runs.length * (runs.length - 1)) / 2;
  return {
    members: runs.length,
    error: wrong / images,
    disagreement: pairs === 0 ? Number.NaN : 1 - agreements / (pairs * images),
  };
}

/** Over the seeds that count in the comparison and have predictions of both. */
function errorsOf(
  one: ComparableVariant,
  own: PredictionsBySeed,
  base: PredictionsBySeed,
): CrossedErrors | null {
  let images = 0;
  const rows = pairsOf(one).flatMap(([seed]): SparseDifferences[] => {
    const [a, b] = [own.get(seed), base.get(seed)];
    if (!a || !b || a.test !== b.test) return [];
    images = a.label.length;
    const where = Array.from(a.label.keys()).filter((image) => isWrongAt(a, image) !== isWrongAt(b, image));
    return [{ images: where, values: where.map((image) => (isWrongAt(a, image) ? 1 : -1)) }];
  });
  return crossedErrors(rows, images);
}

/** Images that all of `right` classify correctly and none of `wrong` does. */
export function turnedOver(
  right: readonly TestPredictions[],
  wrong: readonly TestPredictions[],
): number[] | null {
  const [first, other] = [right[0], wrong[0]];
  if (!first || !other || first.test !== other.test) return null;
  return Array.from(first.label.keys()).filter(
    (image) => right.every((run) => !isWrongAt(run, image)) && wrong.every((run) => isWrongAt(run, image)),
  );
}
