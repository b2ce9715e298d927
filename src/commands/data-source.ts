// What a `data` command was given (an experiment, a sweep, or the path of a dataset) -> the description of a dataset.

import { basename, resolve } from "node:path";
import type { DatasetSpec, Experiment } from "../config/experiment.js";
import { fillDefaults } from "../config/fill-defaults.js";
import { readSource } from "../config/source.js";
import { isSweep } from "../config/sweep.js";
import { guessedKind } from "../data/guess.js";
import { DiagnosticError } from "../diagnostic.js";
import { loadExperiment } from "../experiment/load-experiment.js";
import { loadSweep } from "../sweep/load-sweep.js";
import { checkedPoints } from "../sweep/points.js";

export interface NamedDataset {
  readonly name: string;
  readonly spec: DatasetSpec;
}

/** Throws InputError and DiagnosticError. */
export function datasetAt(path: string): NamedDataset {
  if (/\.ya?ml$/i.test(path)) {
    const { name, dataset } = isSweep(readSource(path)) ? firstOf(path) : loadExperiment(path, []).experiment;
    return { name, spec: dataset };
  }
  const { dataset } = fillDefaults("experiment", { dataset: guessedKind(resolve(path)) }) as {
    dataset: DatasetSpec;
  };
  return { name: basename(resolve(path)).replace(/\.[a-z.]+$/, ""), spec: dataset };
}

/** The experiment of the first variant. */
function firstOf(file: string): Experiment {
  const { points, diagnostics } = checkedPoints(loadSweep(file), []);
  const [first] = points;
  if (!first) throw new DiagnosticError(diagnostics);
  return first.experiment;
}
