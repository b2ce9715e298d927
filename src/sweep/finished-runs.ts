// Finds finished runs in a folder of results by fingerprint, reuses them, and sets aside runs of other configurations.

import { cpSync, type Dirent, existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { readCsv } from "../records/csv.js";
import { makeFolder, PART } from "../records/files.js";
import { isLockFile } from "../records/lock.js";
import { logLine, readResult, runFolder } from "../records/run-folder.js";
import { EPOCH_COLUMNS } from "../records/tables.js";
import { readRegularFile } from "../regular-file.js";
import type { ExpandedSweep } from "./expand.js";
import { runOf } from "./variant.js";

/** Enough for <sweep>/<variant>/seed-<n> and for runs that were set aside, which are one level deeper. */
const DEPTH = 5;
const ASIDE = ".replaced";

export interface FinishedRuns {
  /** Fingerprint -> folder of a finished run. Runs with damaged results are left out. */
  readonly folders: ReadonlyMap<string, string>;
  /** Trajectory -> the runs that share it, finished or not: their folders and how many epochs they have finished. */
  readonly trajectories: ReadonlyMap<string, readonly { readonly path: string; readonly epochs: number }[]>;
  /** Messages about folders that cannot be read, such as `lost+found`. */
  readonly skipped: readonly string[];
}

export function indexFinishedRuns(root: string): FinishedRuns {
  const folders = new Map<string, string>();
  const skipped: string[] = [];
  const trajectories = new Map<string, { path: string; epochs: number }[]>();
  const visit = (folder: string, depth: number) => {
    for (const name of foldersIn(folder, skipped)) {
      const path = join(folder, name);
      const fingerprint = finishedFingerprint(path);
      if (fingerprint !== null && !folders.has(fingerprint)) folders.set(fingerprint, path);
      const { trajectory } = environmentIn(path);
      if (trajectory !== undefined) {
        const runs = trajectories.get(trajectory) ?? [];
        trajectories.set(trajectory, [...runs, { path, epochs: epochsIn(path) }]);
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

/** The fingerprint of the finished run in a folder, or null. */
export function finishedFingerprint(path: string): string | null {
  return readResult(path)?.fingerprint ?? null;
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
 * If a folder holds a run of another configuration (because the sweep has changed since), moves that run to
 * `<sweep>/.replaced`, where it is found again if the configuration is changed back. Returns whether it moved a run.
 */
export function setAsideOther(sweepFolder: string, run: string, fingerprint: string): boolean {
  const path = join(sweepFolder, run);
  const other = environmentIn(path).fingerprint;
  if (other === undefined || other === fingerprint) return false;
  const aside = join(sweepFolder, ASIDE, `${run}-${other.slice(0, 8)}`);
  // A finished run is worth more than a second attempt at it.
  if (finishedFingerprint(aside) === other) rmSync(path, { recursive: true });
  else {
    rmSync(aside, { recursive: true, force: true });
    makeFolder(dirname(aside));
    renameSync(path, aside);
  }
  return true;
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

/**
 * If a run has not begun, copies the epochs of the longest run that is shorter but otherwise the same, so that training
 * continues after them.
 */
export function continueShorter(
  to: string,
  { trajectory, epochs }: { trajectory: string; epochs: number },
  { trajectories }: Pick<FinishedRuns, "trajectories">,
): void {
  const run = runFolder(to);
  if (existsSync(run.lastCheckpoint) || existsSync(run.previousCheckpoint)) return;
  const longest = longestShorter(to, { trajectory, epochs }, { trajectories });
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
  { trajectory, epochs }: { trajectory: string; epochs: number },
  { trajectories }: Pick<FinishedRuns, "trajectories">,
): { readonly path: string; readonly epochs: number } | undefined {
  return (trajectories.get(trajectory) ?? [])
    .filter((one) => one.path !== to && one.epochs > 0 && one.epochs <= epochs)
    .sort((a, b) => b.epochs - a.epochs)[0];
}

const MOST_BYTES = 1 << 20;

/** Reads the fingerprints of a run from environment.json; returns neither if the file is missing or damaged. */
function environmentIn(path: string): { readonly fingerprint?: string; readonly trajectory?: string } {
  const { environment } = runFolder(path);
  if (!existsSync(environment)) return {};
  try {
    const found = JSON.parse(readRegularFile(environment, MOST_BYTES).toString("utf8")) as Record<
      string,
      unknown
    > | null;
    const text = (key: string) => {
      const value = found?.[key];
      return typeof value === "string" && /^[0-9a-f]{32}$/.test(value) ? { [key]: value } : {};
    };
    return { ...text("fingerprint"), ...text("trajectory") };
  } catch {
    return {};
  }
}

function epochsIn(path: string): number {
  try {
    return readCsv(runFolder(path).epochs, EPOCH_COLUMNS)?.rows.length ?? 0;
  } catch {
    return 0;
  }
}
