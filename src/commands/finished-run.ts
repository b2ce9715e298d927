// A folder of a finished run -> what its commands need of it.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../config/experiment.js";
import { InputError } from "../diagnostic.js";
import type { State } from "../engine/engine.js";
import { DamagedFileError } from "../records/files.js";
import { type RunFolder, readResult, runFolder } from "../records/run-folder.js";
import { type Checkpoint, readCheckpoint } from "../training/checkpoint.js";
import { loadExperiment } from "./inputs.js";

export interface FinishedRun {
  readonly folder: RunFolder;
  readonly experiment: Experiment;
  readonly result: Readonly<Record<string, string>>;
  /** The weights that were tested, and whatever else the checkpoint has. */
  readonly weights: State;
}

/** Throws InputError where there is no finished run. */
export function loadFinishedRun(path: string): FinishedRun {
  const folder = runFolder(path);
  const result = readResult(path);
  if (!result) throw new InputError(noRun(path));
  const { experiment } = loadExperiment(folder.config, []);
  const selected = result.selected_epoch === result.epochs ? folder.lastCheckpoint : folder.bestCheckpoint;
  const checkpoint = checkpointOf(selected, result.fingerprint ?? "");
  if (!checkpoint) throw new InputError(`${selected} is missing: ${TRAIN_AGAIN}`);
  return { folder, experiment, result, weights: checkpoint.state };
}

const TRAIN_AGAIN = "delete the run's folder and train it again";

function checkpointOf(file: string, fingerprint: string): Checkpoint | null {
  try {
    return readCheckpoint(file, fingerprint);
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    throw new InputError(`${error.message}; ${TRAIN_AGAIN}`);
  }
}

/** What may have been meant instead. */
function noRun(path: string): string {
  if (!existsSync(path)) return `there is no folder ${path}: a run is runs/<sweep>/<variant>/seed-<n>`;
  const within = readdirSync(path).filter((name) => readResult(join(path, name)) !== null);
  return `${path} holds no finished run${within.length > 0 ? `; it has ${within.join(", ")}` : ""}`;
}
