// The folder of a finished run -> its experiment, its data, its network and its result, which are checked to belong together.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../config/experiment.js";
import { InputError } from "../diagnostic.js";
import { buildNetwork } from "../network/build-network.js";
import type { Graph } from "../network/graph.js";
import { DamagedFileError } from "../records/files.js";
import { type RunData, readRunData } from "../records/run-data.js";
import { type RunFolder, readResult, runFolder } from "../records/run-folder.js";
import type { ResultRow } from "../records/tables.js";
import { fingerprintOf } from "./fingerprint.js";
import { loadExperiment } from "./load-experiment.js";

export interface FinishedRun {
  readonly folder: RunFolder;
  readonly experiment: Experiment;
  readonly data: RunData;
  readonly graph: Graph;
  readonly result: ResultRow;
}

/** Throws InputError if there is no finished run, or if its files do not belong together. */
export function readFinishedRun(path: string): FinishedRun {
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
  return { folder, experiment, data, graph, result };
}

export const TRAIN_AGAIN = "delete the run's folder and train it again";

/** Turns a DamagedFileError into an InputError. */
export function intact<Content>(read: () => Content): Content {
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
