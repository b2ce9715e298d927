// Runs that are shorter but otherwise the same, whose epochs need not be trained again.

import { cpSync, existsSync, rmSync } from "node:fs";
import { dirname, relative } from "node:path";
import { makeFolder } from "../records/files.js";
import { logLine, runFolder } from "../records/run-folder.js";
import type { Backend } from "../runtime/devices.js";
import type { FinishedRuns } from "./finished-runs.js";

interface Continued {
  readonly trajectory: string;
  readonly epochs: number;
  /** Epochs of another backend are the same only within rounding, so they are not continued. */
  readonly backend: Backend;
}

/**
 * If a run has not begun, copies the epochs of the longest run that is shorter but otherwise the same, so that training
 * continues after them.
 */
export function continueShorter(
  to: string,
  wanted: Continued,
  { trajectories }: Pick<FinishedRuns, "trajectories">,
): void {
  const run = runFolder(to);
  if (existsSync(run.lastCheckpoint) || existsSync(run.previousCheckpoint)) return;
  const longest = longestShorter(to, wanted, { trajectories });
  if (!longest) return;
  const from = runFolder(longest.path);
  try {
    makeFolder(to);
    cpSync(from.epochs, run.epochs);
    cpSync(dirname(from.lastCheckpoint), dirname(run.lastCheckpoint), { recursive: true });
    logLine(
      run,
      `continues after the first ${longest.epochs} epochs of ${relative(dirname(to), longest.path)}`,
    );
  } catch {
    // It has been moved in the meantime, or the disk is full. The run can be trained from the start.
    rmSync(dirname(run.lastCheckpoint), { recursive: true, force: true });
  }
}

/** Returns the longest run that a run to be trained could continue, or undefined if there is none. */
export function longestShorter(
  to: string,
  { trajectory, epochs, backend }: Continued,
  { trajectories }: Pick<FinishedRuns, "trajectories">,
): { readonly path: string; readonly epochs: number } | undefined {
  return (trajectories.get(trajectory) ?? [])
    .filter((one) => one.path !== to && one.backend === backend && one.epochs > 0 && one.epochs <= epochs)
    .sort((a, b) => b.epochs - a.epochs)[0];
}
