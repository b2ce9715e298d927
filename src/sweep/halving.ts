// The runs of a look at variants after some epochs -> which of them go on.

import type { HalvingSpec } from "../config/sweep-spec.js";
import type { ExpandedSweep } from "./expand.js";
import { type Measured, measuredVariants, type Read } from "./stage-results.js";

/** A variant at a look, in the order of the sweep. */
export interface Ranked extends Measured {
  readonly variant: string;
  readonly isBaseline: boolean;
  /** From 1, among those that are not baselines; 0 for the baseline. */
  readonly rank: number;
  readonly goesOn: boolean;
}

/**
 * Who goes on after a look: the baseline, and of the others the best part, by the mean of the metric; those with failed runs come last.
 * Null if some run is not over.
 */
export function rankedVariants(
  look: ExpandedSweep,
  { by, factor }: HalvingSpec,
  read: Read,
): Ranked[] | null {
  const measured = measuredVariants(look, by, read);
  if (measured === null) return null;
  const all = look.variants.map(({ name }, index) => ({
    ...(measured[index] as Measured),
    variant: name,
    isBaseline: name === look.baseline,
  }));
  const worst = (mean: number) => (Number.isNaN(mean) ? Number.POSITIVE_INFINITY : mean);
  const order = all
    .filter(({ isBaseline }) => !isBaseline)
    // Sorting keeps the order of equals.
    .sort((a, b) => a.failed - b.failed || worst(a.mean) - worst(b.mean) || 0);
  const kept = Math.ceil(order.length / factor);
  return all.map((one) => {
    const rank = order.indexOf(one) + 1;
    return { ...one, rank, goesOn: one.isBaseline || rank <= kept };
  });
}

/** Such as `stopped after epoch 3 of 27, as number 9 of 12 by validation error`. */
export function stoppedWords(
  { rank }: Pick<Ranked, "rank">,
  { epoch, epochs, of, metric }: { epoch: number; epochs: number; of: number; metric: string },
): string {
  return `stopped after epoch ${epoch} of ${epochs}, as number ${rank} of ${of} by ${metric}`;
}
