// The folder of a finished run -> what the commands on finished runs need from it.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../config/experiment.js";
import { InputError } from "../diagnostic.js";
import { fingerprintOf, trajectoryOf } from "../experiment/fingerprint.js";
import { loadExperiment } from "../experiment/load-experiment.js";
import { buildNetwork } from "../network/build-network.js";
import type { Graph } from "../network/graph.js";
import { DamagedFileError } from "../records/files.js";
import { type RunData, readRunData } from "../records/run-data.js";
import { type RunFolder, readResult, runFolder } from "../records/run-folder.js";
import type { ResultRow } from "../records/tables.js";
import type { State } from "../runtime/program.js";
import { evaluatedWeights } from "../training/averages.js";
import { type Checkpoint, readCheckpoint } from "../training/checkpoint.js";

export interface FinishedRun {
  readonly folder: RunFolder;
  readonly experiment: Experiment;
  readonly data: RunData;
  readonly graph: Graph;
  readonly result: ResultRow;
  /** The weights and moving statistics that were tested. */
  readonly weights: State;
}

/** Throws InputError if there is no finished run, or if its files do not belong together. */
export function loadFinishedRun(path: string): FinishedRun {
  const folder = runFolder(path);
  const result = readResult(path);
  if (!result) throw new InputError(noRun(path));
  const { experiment } = loadExperiment(folder.config, []);
  const data = intact(() => readRunData(folder.data));
  const graph = buildNetwork(experiment.network, { shape: data.shape, classes: data.classNames.length });
  if (fingerprintOf(experiment, graph, data.fingerprint) !== result.fingerprint)
    throw new InputError(
      `${folder.config} and ${folder.data} do not belong to the run in ${folder.result}: ${TRAIN_AGAIN}`,
    );
  const selected = result.selected_epoch === result.epochs ? folder.lastCheckpoint : folder.bestCheckpoint;
  const checkpoint = intact((): Checkpoint | null =>
    readCheckpoint(selected, trajectoryOf(experiment, graph, data.fingerprint)),
  );
  if (checkpoint?.epoch !== result.selected_epoch)
    throw new InputError(`${selected} is missing, or from another epoch: ${TRAIN_AGAIN}`);
  return { folder, experiment, data, graph, result, weights: evaluatedWeights(checkpoint.state) };
}

const TRAIN_AGAIN = "delete the run's folder and train it again";

/** Turns a DamagedFileError into an InputError. */
function intact<Content>(read: () => Content): Content {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    throw new InputError(`${error.message}; ${TRAIN_AGAIN}`);
  }
}

/** Why there is no finished run, and which runs may have been meant. */
function noRun(path: string): string {
  if (!existsSync(path)) return `there is no folder ${path}: a run is runs/<sweep>/<variant>/seed-<n>`;
  if (!statSync(path).isDirectory())
    return `${path} is not a folder: a run is runs/<sweep>/<variant>/seed-<n>`;
  const within = readdirSync(path).filter((name) => readResult(join(path, name)) !== null);
  return `${path} is not a finished run${within.length > 0 ? `, but contains ${within.join(", ")}` : ""}`;
}
