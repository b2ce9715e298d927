// The folder of a finished run -> the weights that were tested, as other runs start from them and commands examine them.

import { InputError } from "../diagnostic.js";
import { trajectoryOf } from "../experiment/fingerprint.js";
import { type FinishedRun, intact, readFinishedRun, TRAIN_AGAIN } from "../experiment/finished-run.js";
import type { State } from "../runtime/program.js";
import { evaluatedWeights } from "./averages.js";
import { type Checkpoint, readCheckpoint } from "./checkpoint.js";

export interface TestedRun extends FinishedRun {
  /** The weights and moving statistics that were tested. */
  readonly weights: State;
}

/** Throws InputError if there is no finished run, or if its files do not belong together. */
export function loadFinishedRun(path: string): TestedRun {
  const run = readFinishedRun(path);
  const { folder, experiment, data, graph, result } = run;
  const selected = result.selected_epoch === result.epochs ? folder.lastCheckpoint : folder.bestCheckpoint;
  const checkpoint = intact((): Checkpoint | null =>
    readCheckpoint(selected, trajectoryOf(experiment, graph, data.fingerprint)),
  );
  if (checkpoint?.epoch !== result.selected_epoch)
    throw new InputError(`${selected} is missing, or from another epoch: ${TRAIN_AGAIN}`);
  return { ...run, weights: evaluatedWeights(checkpoint.state) };
}
