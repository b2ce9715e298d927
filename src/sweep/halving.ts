// The runs of a look at variants after some epochs -> which of them go on.

import { mostEpochs } from "../config/experiment-spec.js";
import type { HalvingSpec } from "../config/sweep-spec.js";
import { collect, DiagnosticError, type Location, type Path } from "../diagnostic.js";
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

/** The epochs of the looks, in ascending order: all before the last epoch, as long as there is more than one variant to choose from. */
export function looksOf(
  { first, factor }: HalvingSpec,
  { variants }: Pick<ExpandedSweep, "variants">,
): number[] {
  const epochs = Math.min(...variants.map(({ experiment }) => mostEpochs(experiment.training)));
  const looks: number[] = [];
  let left = variants.length - 1;
  for (let epoch = first; epoch < epochs && left > 1; epoch *= factor) {
    looks.push(epoch);
    left = Math.ceil(left / factor);
  }
  return looks;
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

/** Throws DiagnosticError if there is nothing to halve: no look before the end, or a single variant besides the baseline. */
export function checkLooks(
  halving: HalvingSpec,
  expanded: Pick<ExpandedSweep, "variants">,
  source: { locate(path: Path, part: "key" | "value"): Location },
): void {
  const epochs = new Set(expanded.variants.map(({ experiment }) => mostEpochs(experiment.training)));
  const [most = 0, ...others] = epochs;
  const diagnostics = collect(source, (report) => {
    if (expanded.variants.length < 3)
      report(
        "nothing-to-compare",
        "`halving` needs at least two variants besides the baseline",
        ["halving"],
        "key",
      );
    else if (others.length > 0)
      report("unequal-epochs", "`halving` needs variants with equally many epochs", ["halving"], "key");
    else if (halving.first >= most)
      report(
        "out-of-range",
        `\`halving.first\` must be < \`training.epochs\`, which is ${most}; found ${halving.first}`,
        ["halving", "first"],
      );
  });
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
}
