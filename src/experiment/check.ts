// The long form of an experiment -> a checked experiment, or every mistake in it.

import { type Checked, checkExperiment } from "../config/experiment.js";
import { applyOverrides, type Override } from "../config/override.js";
import type { LongForm } from "../config/shorthand.js";
import type { CheckedExperiment } from "./checked-experiment.js";
import { everyMistake } from "./every-mistake.js";

/** Applies overrides to an experiment in order, and checks the result. */
export function checkWith(
  base: LongForm,
  directory: string,
  overrides: readonly Override[],
): Checked<CheckedExperiment> {
  const applied = applyOverrides(base, overrides);
  if (!applied.ok) return applied;
  const located = applied.value;
  const checked = checkExperiment(located, directory);
  return checked.ok
    ? { ok: true, value: { experiment: checked.value, located, directory } }
    : { ok: false, diagnostics: everyMistake(located, directory) };
}
