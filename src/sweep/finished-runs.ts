// Finished runs below a folder of results, by fingerprint; and folders that hold something else than is wanted.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { isLockFile } from "../records/lock.js";
import { logLine, readResult, runFolder } from "../records/run-folder.js";

/** <sweep>/<variant>/seed-<n>, or one more where runs were set aside. */
const DEPTH = 5;
const ASIDE = ".replaced";

/** Fingerprint -> folder of a finished run. Damaged results count as none. */
export function indexFinishedRuns(root: string): Map<string, string> {
  const index = new Map<string, string>();
  const visit = (folder: string, depth: number) => {
    for (const name of foldersIn(folder)) {
      const path = join(folder, name);
      const fingerprint = finishedFingerprint(path);
      if (fingerprint !== null && !index.has(fingerprint)) index.set(fingerprint, path);
      if (depth > 1) visit(path, depth - 1);
    }
  };
  if (existsSync(root)) visit(root, DEPTH);
  return index;
}

/** In the order of their names, without those of checkpoints and of copies that were cut short. */
function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => name === ASIDE || !(name.startsWith(".") || name === "checkpoint"))
    .sort();
}

/** The fingerprint of the finished run in a folder, or null. */
export function finishedFingerprint(path: string): string | null {
  return readResult(path)?.fingerprint ?? null;
}

/** Copies a finished run, all of it or nothing. */
export function copyRun(from: string, to: string): void {
  const beside = join(dirname(to), `.${basename(to)}.part`);
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, beside, { recursive: true, filter: (source) => !isLockFile(basename(source)) });
  rmSync(to, { recursive: true, force: true });
  renameSync(beside, to);
  logLine(
    runFolder(to),
    `the same run was finished before in ${relative(dirname(to), from)}: copied from there`,
  );
}

/**
 * Where a folder holds a run of something else (the configuration has changed since), moves that run to
 * `<sweep>/.replaced`, where it is still found when the configuration changes back.
 */
export function setAsideOther(sweepFolder: string, run: string, fingerprint: string): void {
  const path = join(sweepFolder, run);
  const other = fingerprintIn(path);
  if (other === null || other === fingerprint) return;
  const aside = join(sweepFolder, ASIDE, `${run}-${other.slice(0, 8)}`);
  // What was finished before is worth more than a second attempt at it.
  if (finishedFingerprint(aside) === other) rmSync(path, { recursive: true });
  else {
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(dirname(aside), { recursive: true });
    renameSync(path, aside);
  }
}

/**
 * Makes the folder hold the finished run with this fingerprint, if one is known: it is there, or copied from elsewhere.
 * Gives the folder it was found in, or null: train it.
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
    // Moved meanwhile, or no room: it can be trained again.
    return null;
  }
}

function fingerprintIn(path: string): string | null {
  const { environment } = runFolder(path);
  if (!existsSync(environment)) return null;
  try {
    return (JSON.parse(readFileSync(environment, "utf8")) as { fingerprint?: string }).fingerprint ?? null;
  } catch {
    return null;
  }
}
