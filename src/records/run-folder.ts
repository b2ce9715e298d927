// The files of one run.

import { appendFileSync, lstatSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { InputError } from "../diagnostic.js";
import { checksumOf } from "./checksum.js";
import { isWhole } from "./columns.js";
import { readCsv } from "./csv.js";
import { makeFolder, removeLeftovers } from "./files.js";
import { EPOCH_COLUMNS, RESULT_COLUMNS, type ResultRow } from "./tables.js";

export interface RunFolder {
  readonly path: string;
  readonly config: string;
  readonly epochs: string;
  readonly result: string;
  readonly confusion: string;
  readonly predictions: string;
  readonly environment: string;
  readonly data: string;
  readonly log: string;
  /** Everything needed to continue after the last finished epoch, and after the one before it. */
  readonly lastCheckpoint: string;
  readonly previousCheckpoint: string;
  /** The weights with the lowest validation error so far, if the run selects by validation error. */
  readonly bestCheckpoint: string;
}

export function runFolder(path: string): RunFolder {
  return {
    path,
    config: join(path, "config.yaml"),
    epochs: join(path, "epochs.csv"),
    result: join(path, "result.csv"),
    confusion: join(path, "confusion.csv"),
    predictions: join(path, "predictions.npy"),
    environment: join(path, "environment.json"),
    data: join(path, "dataset.json"),
    log: join(path, "log.txt"),
    lastCheckpoint: join(path, "checkpoint", "last.safetensors"),
    previousCheckpoint: join(path, "checkpoint", "previous.safetensors"),
    bestCheckpoint: join(path, "checkpoint", "best.safetensors"),
  };
}

/** The only row of a finished run's result.csv; null if there is none or the file is damaged. */
export function readResult(path: string): ResultRow | null {
  try {
    const table = readCsv(runFolder(path).result, RESULT_COLUMNS);
    const [row, ...more] = table?.rows ?? [];
    if (!row || more.length > 0 || !isWhole(RESULT_COLUMNS, row)) return null;
    return row.checksum === checksumOf(RESULT_COLUMNS, [row]) ? row : null;
  } catch {
    return null;
  }
}

/** The number of rows in a run's epochs.csv; 0 if there is none or the file is damaged. */
export function epochsIn(path: string): number {
  try {
    return readCsv(runFolder(path).epochs, EPOCH_COLUMNS)?.rows.length ?? 0;
  } catch {
    return 0;
  }
}

/** Throws InputError if one of the run's files exists but is not regular: a folder, a pipe, a dangling link. */
export function checkObstacles({ path: _, ...files }: RunFolder): void {
  for (const file of Object.values(files)) {
    const isThere = lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    if (isThere && statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      throw new InputError(`${file} is not a regular file; remove it`);
  }
}

/** Removes the temporary files of a killed process. The caller must hold the run's lock or know that its process has ended. */
export function removeRunLeftovers({ path, lastCheckpoint }: RunFolder): void {
  for (const folder of [path, dirname(lastCheckpoint)]) removeLeftovers(folder);
}

/** Appends a line that starts with the time. Throws InputError if the log is not a regular file. */
export function logLine({ path, log }: RunFolder, message: string): void {
  makeFolder(path);
  if (!(statSync(log, { throwIfNoEntry: false })?.isFile() ?? true))
    throw new InputError(`${log} is not a regular file`);
  appendFileSync(log, `${new Date().toISOString()} ${message}\n`);
}

/** Whether the path of a run stays inside the sweep's folder. */
export function isInside(run: string): boolean {
  return run !== "" && !isAbsolute(run) && !run.split(/[\\/]/).includes("..");
}
