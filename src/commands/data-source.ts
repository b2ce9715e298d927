// What a `data` command was given (an experiment, a sweep's experiment, or the path of a dataset) -> the description of a dataset.

import { basename, resolve } from "node:path";
import type { DatasetSpec } from "../config/experiment.js";
import { fillDefaults } from "../config/fill-defaults.js";
import { guessedKind } from "../data/guess.js";
import { loadExperiment } from "../experiment/load-experiment.js";

export interface NamedDataset {
  readonly name: string;
  readonly spec: DatasetSpec;
}

/** Throws InputError and DiagnosticError. */
export function datasetAt(path: string): NamedDataset {
  if (/\.ya?ml$/i.test(path)) {
    const { name, dataset } = loadExperiment(path, []).experiment;
    return { name, spec: dataset };
  }
  const { dataset } = fillDefaults("experiment", { dataset: guessedKind(resolve(path)) }) as {
    dataset: DatasetSpec;
  };
  return { name: basename(resolve(path)).replace(/\.[a-z.]+$/, ""), spec: dataset };
}
