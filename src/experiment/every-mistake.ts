// An experiment with mistakes -> all of them, including those that the first ones would hide.

import { checkExperiment } from "../config/experiment.js";
import { mistakesOfAllRounds, weighed } from "../config/mend.js";
import { type LongForm, placeOf } from "../config/shorthand.js";
import { validateSchema } from "../config/validate-schema.js";
import type { Diagnostic } from "../diagnostic.js";
import { buildChecked } from "./build-checked.js";
import { describedInput } from "./dataset-facts.js";

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
      const experiment = checked.value;
      const input = describedInput(experiment.dataset);
      const { diagnostics } = input
        ? buildChecked({ experiment, located: current, directory }, input)
        : { diagnostics: [] };
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
