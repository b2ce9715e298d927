// Finds finished runs in a folder of results by fingerprint, and reuses them.

import { cpSync, type Dirent, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { makeFolder, PART } from "../records/files.js";
import { isLockFile } from "../records/lock.js";
import { epochsIn, logLine, runFolder } from "../records/run-folder.js";
import type { ExpandedSweep } from "./expand.js";
import { environmentIn, finishedFingerprint } from "./run-identity.js";
import { ASIDE } from "./set-aside.js";
import { runOf } from "./variant.js";

/** Enough for <sweep>/<variant>/seed-<n> and for runs that were set aside, which are one level deeper. */
const DEPTH = 5;

export interface FinishedRuns {
  /** Fingerprint -> folder of a finished run. Runs with damaged results are left out. */
  readonly folders: ReadonlyMap<string, string>;
  /** Trajectory -> the runs that share it, finished or not. */
  readonly trajectories: ReadonlyMap<string, readonly BegunRun[]>;
  /** Messages about folders that cannot be read, such as `lost+found`. */
  readonly skipped: readonly string[];
}

export interface BegunRun {
  readonly path: string;
  readonly backend: string;
  /** How many have finished. */
  readonly epochs: number;
}

export function indexFinishedRuns(root: string): FinishedRuns {
  const folders = new Map<string, string>();
  const skipped: string[] = [];
  const trajectories = new Map<string, BegunRun[]>();
  const visit = (folder: string, depth: number) => {
    for (const name of foldersIn(folder, skipped)) {
      const path = join(folder, name);
      const fingerprint = finishedFingerprint(path);
      if (fingerprint !== null && !folders.has(fingerprint)) folders.set(fingerprint, path);
      const { trajectory, backend = "" } = environmentIn(path);
      if (trajectory !== undefined) {
        const runs = trajectories.get(trajectory) ?? [];
        trajectories.set(trajectory, [...runs, { path, backend, epochs: epochsIn(path) }]);
      }
      if (depth > 1) visit(path, depth - 1);
    }
  };
  visit(root, DEPTH);
  return { folders, trajectories, skipped };
}

/** Sorted by name, without the folders of checkpoints and of interrupted copies. */
function foldersIn(folder: string, skipped: string[]): string[] {
  let entries: Dirent[] = [];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") skipped.push(`skipped, because it cannot be read: ${folder} (${message})`);
  }
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => name === ASIDE || !(name.startsWith(".") || name === "checkpoint"))
    .sort();
}

/**
 * Runs with other seeds that have finished in the folder of a sweep remain part of it: seeds that are asked for later are added
 * to the first ones.
 */
export function withFinishedSeeds(sweep: ExpandedSweep, folder: string): ExpandedSweep {
  const asked = new Set(sweep.runs.map(({ name }) => name));
  const kept = sweep.variants
    .flatMap((variant) => seedsIn(join(folder, variant.name)).map((seed) => runOf(variant, seed)))
    .filter(
      ({ name, fingerprint }) => !asked.has(name) && finishedFingerprint(join(folder, name)) === fingerprint,
    )
    .sort((a, b) => a.seed - b.seed);
  return { ...sweep, runs: [...kept, ...sweep.runs] };
}

function seedsIn(folder: string): number[] {
  return foldersIn(folder, []).flatMap((name) => {
    const seed = /^seed-(\d+)$/.exec(name)?.[1];
    return seed === undefined ? [] : [Number(seed)];
  });
}

/** Copies a finished run, either completely or not at all. */
export function copyRun(from: string, to: string): void {
  const beside = join(dirname(to), `.${basename(to)}${PART}`);
  rmSync(beside, { recursive: true, force: true });
  makeFolder(dirname(to));
  cpSync(from, beside, { recursive: true, filter: (source) => !isLockFile(basename(source)) });
  rmSync(to, { recursive: true, force: true });
  renameSync(beside, to);
  logLine(
    runFolder(to),
    `the same run had already finished in ${relative(dirname(to), from)}: copied from there`,
  );
}

/**
 * If a finished run with this fingerprint is known, makes sure that the folder holds it, by copying it if necessary. Returns
 * the folder in which it was found, or null if the run must be trained.
 */
export function reuseRun(
  path: string,
  fingerprint: string,
  index: ReadonlyMap<string, string>,
): string | null {
  if (finishedFingerprint(path) === fingerprint) return path;
  const elsewhere = index.get(fingerprint);
  if (elsewhere === undefined) return null;
  try {
    copyRun(elsewhere, path);
    return elsewhere;
  } catch {
    // It has been moved in the meantime, or the disk is full. The run can be trained again.
    return null;
  }
}
