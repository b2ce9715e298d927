// A folder of a finished run -> what its commands need of it.

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
import { type Checkpoint, readCheckpoint } from "../training/checkpoint.js";

export interface FinishedRun {
  readonly folder: RunFolder;
  readonly experiment: Experiment;
  readonly data: RunData;
  readonly graph: Graph;
  readonly result: ResultRow;
  /** The weights that were tested, and whatever else the checkpoint has. */
  readonly weights: State;
}

/** Throws InputError where there is no finished run, or where its files do not belong together. */
export function loadFinishedRun(path: string): FinishedRun {
  const folder = runFolder(path);
  const result = readResult(path);
  if (!result) throw new InputError(noRun(path));
  const { experiment } = loadExperiment(folder.config, []);
  const data = intact(() => readRunData(folder.data));
  const graph = buildNetwork(experiment.network, { shape: data.shape, classes: data.classNames.length });
  if (fingerprintOf(experiment, graph, data.fingerprint) !== result.fingerprint)
    throw new InputError(
      `${folder.config} and ${folder.data} are not those of the run in ${folder.result}: ${TRAIN_AGAIN}`,
    );
  const selected = result.selected_epoch === result.epochs ? folder.lastCheckpoint : folder.bestCheckpoint;
  const checkpoint = intact((): Checkpoint | null =>
    readCheckpoint(selected, trajectoryOf(experiment, graph, data.fingerprint)),
  );
  if (checkpoint?.epoch !== result.selected_epoch)
    throw new InputError(`${selected} is missing, or of another epoch: ${TRAIN_AGAIN}`);
  return { folder, experiment, data, graph, result, weights: checkpoint.state };
}

const TRAIN_AGAIN = "delete the run's folder and train it again";

/** A damaged file is an expected mistake. */
function intact<Content>(read: () => Content): Content {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    throw new InputError(`${error.message}; ${TRAIN_AGAIN}`);
  }
}

/** What may have been meant instead. */
function noRun(path: string): string {
  if (!existsSync(path)) return `there is no folder ${path}: a run is runs/<sweep>/<variant>/seed-<n>`;
  if (!statSync(path).isDirectory())
    return `${path} is not a folder: a run is runs/<sweep>/<variant>/seed-<n>`;
  const within = readdirSync(path).filter((name) => readResult(join(path, name)) !== null);
  return `${path} holds no finished run${within.length > 0 ? `; it has ${within.join(", ")}` : ""}`;
}
