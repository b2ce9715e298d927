// An experiment with mistakes -> all of its mistakes, including those that are hidden by others.

import { checkExperiment } from "../config/experiment.js";
import { mistakesOfAllRounds, weighed } from "../config/mend.js";
import { type LongForm, placeOf } from "../config/shorthand.js";
import { validateSchema } from "../config/validate-schema.js";
import { type Diagnostic, DiagnosticError, InputError } from "../diagnostic.js";
import { buildChecked } from "./build-checked.js";
import type { CheckedExperiment } from "./checked-experiment.js";
import { inputOf } from "./dataset-facts.js";

/**
 * Mistakes are removed or replaced by valid values, and the rest is checked again: conflicts between keys once each key is
 * valid by itself, and the network once all keys are valid. `directory`: the folder that relative paths start at.
 */
export function everyMistake(located: LongForm, directory: string): Diagnostic[] {
  return mistakesOfAllRounds(located.value, {
    schema: "experiment",
    placeOf: (path) => placeOf(path, located),
    look: (value) => {
      const current = { ...located, value };
      const checked = checkExperiment(current, directory);
      if (!checked.ok) return { diagnostics: checked.diagnostics, isLast: false };
      const diagnostics = mistakesOfNetwork({ experiment: checked.value, located: current, directory });
      return { diagnostics, isLast: true };
    },
    mistakesIn: (value) => {
      const current = { ...located, value };
      return weighed(validateSchema("experiment", current).length, () => {
        const checked = checkExperiment(current, directory);
        return checked.ok ? 0 : checked.diagnostics.length;
      });
    },
  });
}

/** Mistakes in the data and in the network; none if the data are missing, or have to be looked at first. */
function mistakesOfNetwork(checked: CheckedExperiment): readonly Diagnostic[] {
  try {
    const input = inputOf(checked);
    return input === null ? [] : buildChecked(checked, input).diagnostics;
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    if (error instanceof InputError) return [];
    throw error;
  }
}
