// Successive halving of the variants of a sweep -> the epochs after which they are looked at.

import { mostEpochs } from "../config/experiment-spec.js";
import type { HalvingSpec } from "../config/sweep-spec.js";
import { collect, DiagnosticError, type Location, type Path } from "../diagnostic.js";
import type { Variant } from "./variant.js";

/** The epochs of the looks, in ascending order: all before the last epoch, as long as there is more than one variant to choose from. */
export function looksOf({ first, factor }: HalvingSpec, variants: readonly Variant[]): number[] {
  const epochs = Math.min(...variants.map(({ experiment }) => mostEpochs(experiment.training)));
  const looks: number[] = [];
  let left = variants.length - 1;
  for (let epoch = first; epoch < epochs && left > 1; epoch *= factor) {
    looks.push(epoch);
    left = Math.ceil(left / factor);
  }
  return looks;
}

/** Throws DiagnosticError if there is nothing to halve: no look before the end, or a single variant besides the baseline. */
export function checkLooks(
  halving: HalvingSpec,
  variants: readonly Variant[],
  source: { locate(path: Path, part: "key" | "value"): Location },
): void {
  const epochs = new Set(variants.map(({ experiment }) => mostEpochs(experiment.training)));
  const [most = 0, ...others] = epochs;
  const diagnostics = collect(source, (report) => {
    if (variants.length < 3)
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
