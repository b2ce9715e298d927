// An experiment with mistakes -> all of them, also those that the first ones would hide.

import { checkExperiment, type DatasetSpec } from "../config/experiment.js";
import { mended, touches } from "../config/mend.js";
import { validateSchema } from "../config/schema.js";
import type { Located } from "../config/source.js";
import type { Diagnostic, Path } from "../diagnostic.js";
import { buildNetwork, type NetworkInput } from "./build-network.js";
import { checkBuilt } from "./check-built.js";

export interface MistakeParts {
  readonly located: Located;
  /** The folder that relative paths of the experiment start at. */
  readonly directory: string;
  /** Null where the data are not there. */
  readonly inputOf: (dataset: DatasetSpec) => NetworkInput | null;
}

/** Keys that exclude each other are looked at when each is right by itself, the network when all keys are. */
const STAGES = 3;

/**
 * What is wrong is taken away or replaced by what is right, and the rest looked at again; what is said of a place that was
 * changed so is left out.
 */
export function everyMistake({ located, directory, inputOf }: MistakeParts): Diagnostic[] {
  const found: Diagnostic[] = [];
  const changed: Path[] = [];
  let current = located;
  for (let stage = 0; stage < STAGES; stage++) {
    const checked = checkExperiment(current, directory);
    const own = checked.ok ? ofNetwork({ located: current, directory, inputOf }) : checked.diagnostics;
    found.push(...own.filter(({ path }) => !changed.some((place) => touches(place, path))));
    if (checked.ok) break;
    const value = mended(current.value, {
      diagnostics: own,
      schema: "experiment",
      mistakesIn: (value) => mistakesIn({ ...current, value }, directory),
    });
    changed.push(...own.map(({ path }) => path));
    current = { ...located, value };
  }
  return found;
}

function ofNetwork({ located, directory, inputOf }: MistakeParts): Diagnostic[] {
  const checked = checkExperiment(located, directory);
  const input = checked.ok ? inputOf(checked.value.dataset) : null;
  if (!checked.ok || !input) return [];
  const graph = buildNetwork(checked.value.network, input);
  return checkBuilt({ located, directory, experiment: checked.value, graph, input });
}

/** More than there are mistakes across keys. */
const SCHEMA_FIRST = 10_000;

function mistakesIn(located: Located, directory: string): number {
  const errors = validateSchema("experiment", located).length;
  if (errors > 0) return SCHEMA_FIRST * errors;
  const checked = checkExperiment(located, directory);
  return checked.ok ? 0 : checked.diagnostics.length;
}
