// An experiment with mistakes -> all of them, including those that the first ones would hide.

import { checkExperiment, type DatasetSpec } from "../config/experiment.js";
import { mistakesOfAllRounds, weighed } from "../config/mend.js";
import { type LongForm, placeOf } from "../config/shorthand.js";
import { validateSchema } from "../config/validate-schema.js";
import type { Diagnostic } from "../diagnostic.js";
import { buildNetwork, type NetworkInput } from "./build-network.js";
import { checkBuilt } from "./check-built.js";

export interface MistakeParts {
  readonly located: LongForm;
  /** The folder that relative paths in the experiment start at. */
  readonly directory: string;
  /** Null if the data are not available. */
  readonly inputOf: (dataset: DatasetSpec) => NetworkInput | null;
}

/**
 * Mistakes are removed or replaced by valid values, and the rest is checked again: conflicts between keys once each key is
 * valid by itself, and the network once all keys are valid.
 */
export function everyMistake({ located, directory, inputOf }: MistakeParts): Diagnostic[] {
  return mistakesOfAllRounds(located.value, {
    schema: "experiment",
    placeOf: (path) => placeOf(path, located),
    look: (value) => {
      const current = { ...located, value };
      const checked = checkExperiment(current, directory);
      if (!checked.ok) return { diagnostics: checked.diagnostics, isLast: false };
      const input = inputOf(checked.value.dataset);
      if (!input) return { diagnostics: [], isLast: true };
      const experiment = checked.value;
      const graph = buildNetwork(experiment.network, input);
      return {
        diagnostics: checkBuilt({ located: current, directory, experiment, graph, input }),
        isLast: true,
      };
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
