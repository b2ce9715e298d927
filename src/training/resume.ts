// The folder of an interrupted run -> the checkpoint from which it continues. Damaged files are logged and ignored.

import { mostEpochs, type TrainingSpec } from "../config/experiment-spec.js";
import { checksumOf } from "../records/checksum.js";
import { isWhole } from "../records/columns.js";
import { readCsv } from "../records/csv.js";
import { DamagedFileError } from "../records/files.js";
import { logLine, type RunFolder } from "../records/run-folder.js";
import { EPOCH_COLUMNS, type EpochRow } from "../records/tables.js";
import { type Checkpoint, fitsShapes, readCheckpoint, type Shapes } from "./checkpoint.js";

export interface ResumePoint {
  readonly checkpoint: Checkpoint | null;
  readonly rows: EpochRow[];
}

/**
 * Returns the last usable checkpoint and the rows of its epochs, or null and no rows. A checkpoint is usable if it is intact, has
 * the right trajectory and shapes, its rows in epochs.csv are intact and, if the best epoch is tested, the weights of its best
 * epoch are available.
 */
export function resumePoint(
  folder: RunFolder,
  {
    trajectory,
    shapes,
    selects,
    lastEpoch,
  }: {
    trajectory: string;
    shapes: Shapes;
    selects: boolean;
    /** The epoch after which training ends, as far as the rows say. */
    lastEpoch: (rows: readonly EpochRow[]) => number;
  },
): ResumePoint {
  const none = { checkpoint: null, rows: [] };
  const rows = rowsIn(folder);
  for (const file of [folder.lastCheckpoint, folder.previousCheckpoint]) {
    const checkpoint = intactCheckpoint(folder, file, trajectory);
    if (!checkpoint || !fitsShapes(checkpoint, shapes)) continue;
    if (checkpoint.epoch > Math.min(rows.length, lastEpoch(rows))) continue;
    const own = rows.slice(0, checkpoint.epoch);
    if (checksumOf(EPOCH_COLUMNS, own) !== checkpoint.rows) {
      logLine(folder, `not used: ${file} does not match ${folder.epochs}`);
      continue;
    }
    const best = bestEpoch(own);
    if (!selects || best === checkpoint.epoch) return { checkpoint, rows: own };
    if (intactCheckpoint(folder, folder.bestCheckpoint, trajectory)?.epoch === best)
      return { checkpoint, rows: own };
  }
  return none;
}

/** Logs a damaged checkpoint and returns null. */
function intactCheckpoint(folder: RunFolder, file: string, trajectory: string): Checkpoint | null {
  try {
    return readCheckpoint(file, trajectory);
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    logLine(folder, `not used: ${error.message}`);
    return null;
  }
}

/** Logs a damaged table and returns no rows. */
function rowsIn(folder: RunFolder): EpochRow[] {
  try {
    const table = readCsv(folder.epochs, EPOCH_COLUMNS);
    const rows = (table?.rows ?? []).filter((row) => isWhole(EPOCH_COLUMNS, row));
    if (rows.length === (table?.rows.length ?? 0)) return rows;
    logLine(folder, `not used: ${folder.epochs} is damaged: ${table?.problems[0] ?? "cells are empty"}`);
  } catch (error) {
    logLine(folder, `not used: ${folder.epochs} is damaged: ${(error as Error).message}`);
  }
  return [];
}

/** Throws if the weights are missing or damaged. The next attempt then trains from the beginning. */
export function bestWeights(folder: RunFolder, epoch: number, trajectory: string): Checkpoint {
  const weights = intactCheckpoint(folder, folder.bestCheckpoint, trajectory);
  if (weights?.epoch === epoch) return weights;
  throw new Error(
    `the weights of the best epoch (${epoch}) are missing or damaged; the next attempt trains this run from the beginning`,
  );
}

/** The epoch after which training ends: the last one, unless it stops earlier as it is told or for want of progress. */
export function lastEpochOf(
  training: Pick<TrainingSpec, "epochs" | "stop">,
  rows: readonly EpochRow[],
): number {
  const { stop } = training;
  const most = mostEpochs(training);
  if (stop === "off" || stop.patience === "any") return most;
  let best = { epoch: 0, value: Number.POSITIVE_INFINITY };
  for (const { epoch, [stop.metric]: value } of rows) {
    if (value < best.value) best = { epoch, value };
    if (epoch - best.epoch >= stop.patience) return Math.min(epoch, most);
  }
  return most;
}

/** The first epoch with the lowest validation error. */
export function bestEpoch(rows: readonly EpochRow[]): number {
  const errors = rows.map(({ validation_error }) => validation_error);
  return errors.indexOf(Math.min(...errors)) + 1;
}
