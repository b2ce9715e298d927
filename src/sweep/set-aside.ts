// Runs of other configurations (because the sweep has changed since), and unfinished runs of another backend, are moved to
// `<sweep>/.replaced`, where they are found again if they are asked for.

import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../diagnostic.js";
import { makeFolder } from "../records/files.js";
import { holderOf } from "../records/lock.js";
import type { Backend } from "../runtime/devices.js";
import { environmentIn, finishedFingerprint } from "./run-identity.js";

export const ASIDE = ".replaced";

/** Whether a folder holds another run. `backend`: of unfinished runs; null if it is not known. */
export function isOther(
  path: string,
  { fingerprint, backend }: { fingerprint: string; backend: Backend | null },
): boolean {
  const other = environmentIn(path);
  if (other.fingerprint === undefined) return false;
  if (other.fingerprint !== fingerprint) return true;
  const isFinished = finishedFingerprint(path) === fingerprint;
  return !isFinished && backend !== null && other.backend !== backend;
}

/** Throws InputError if somebody is training a run that should be moved. */
export function checkFree(sweepFolder: string, run: string): void {
  const holder = holderOf(join(sweepFolder, run));
  if (holder !== null)
    throw new InputError(
      `${run} is being trained as it was before the change, by process ${holder.pid} on ${holder.host}; stop that first (Slurm jobs by this command with --stop)`,
    );
}

export function setAside(sweepFolder: string, run: string): void {
  const path = join(sweepFolder, run);
  const { fingerprint = "", backend = "" } = environmentIn(path);
  const isFinished = finishedFingerprint(path) === fingerprint;
  const name = `${run}-${fingerprint.slice(0, 8)}`;
  const aside = join(sweepFolder, ASIDE, isFinished ? name : `${name}-${backend}`);
  // A finished run is worth more than a second attempt at it.
  if (finishedFingerprint(join(sweepFolder, ASIDE, name)) === fingerprint) rmSync(path, { recursive: true });
  else if (existsSync(path)) {
    rmSync(aside, { recursive: true, force: true });
    makeFolder(dirname(aside));
    renameSync(path, aside);
  }
}
