// An installation into a folder of its own: its steps one after the other, and a record once all have succeeded.

import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { makeFolder, writeWhole } from "../records/files.js";
import { heldBy, isLock, isLockFile, lockFolder } from "../records/lock.js";
import {
  FOLDER_VARIABLES,
  folderOf,
  type Installable,
  type Records,
  recordIn,
  recordOf,
} from "../runtime/installed.js";
import { runStep, type Step } from "./run-step.js";

const LOG = "setup.log";
/** Where what was installed before is until the new one is complete. */
const BEFORE = "before";
/** All that is ever made there. */
const ENTRIES = ["venv", "node_modules", "package.json", "package-lock.json", "installed.json", LOG, BEFORE];

export interface Installation<What extends Installable = Installable> {
  readonly what: What;
  /** What it takes on the disk, in gigabytes. */
  readonly disk: number;
  readonly steps: readonly Step[];
  readonly record: Records[What];
}

export interface SetupOptions {
  readonly signal: AbortSignal;
  /** Called before each step. */
  readonly onStep: (what: string, step: number, of: number) => void;
}

/** Throws InputError if the folder cannot be used, or a step fails; then, what was installed before is there as it was. */
export async function install(
  { what, disk, steps, record }: Installation,
  { signal, onStep }: SetupOptions,
): Promise<void> {
  const folder = folderOf(what);
  checkName(what);
  checkContents(what);
  await inLockedFolder(what, async () => {
    // A process that was killed may have left it there.
    if (recordOf(what) === null) restore(folder);
    checkSpace(folder, disk);
    moveEntries(folder, join(folder, BEFORE));
    const log = join(folder, LOG);
    writeFileSync(log, "");
    try {
      for (const [index, step] of steps.entries()) {
        onStep(step.what, index + 1, steps.length);
        await runStep(step, { folder, log, signal });
      }
    } catch (error) {
      restore(folder);
      throw error;
    }
    writeWhole(recordIn(folder), `${JSON.stringify(record)}\n`);
    rmSync(join(folder, BEFORE), { recursive: true, force: true });
  });
}

/** Returns whether anything was there. Removes nothing that was not made here. */
export async function removeInstallation(what: Installable): Promise<boolean> {
  const folder = folderOf(what);
  if (!existsSync(folder)) return false;
  checkContents(what);
  await inLockedFolder(what, async () => {
    for (const name of ENTRIES) rmSync(join(folder, name), { recursive: true, force: true });
  });
  try {
    rmdirSync(folder);
  } catch {
    // It may be a mount point, or in a folder of somebody else.
  }
  return true;
}

/** The folder is made if it does not exist. Throws InputError if somebody else is at work there. */
async function inLockedFolder(what: Installable, act: () => Promise<void>): Promise<void> {
  const folder = folderOf(what);
  const lock = inFolder(what, () => {
    makeFolder(folder);
    return lockFolder(folder);
  });
  if (!isLock(lock)) throw new InputError(heldBy(folder, lock));
  try {
    await act();
  } finally {
    lock.release();
  }
}

/** Turns what a file system says into advice. */
function inFolder<Result>(what: Installable, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `${folderOf(what)} cannot be used (${reason}); ${FOLDER_VARIABLES[what]} names another folder`,
    );
  }
}

/** Compilers and loaders of libraries give these characters meanings of their own. */
function checkName(what: Installable): void {
  const folder = folderOf(what);
  if (/[\s:$]/.test(folder))
    throw new InputError(
      `${folder} cannot be used, because its name contains a space, a colon or a dollar sign; ${FOLDER_VARIABLES[what]} names another folder`,
    );
}

/** Throws InputError unless the folder is empty, or has been made here for the same purpose. */
function checkContents(what: Installable): void {
  const folder = folderOf(what);
  if (!existsSync(folder)) return;
  const names = inFolder(what, () => {
    if (!statSync(folder).isDirectory()) throw new Error("it is not a folder");
    accessSync(folder, constants.W_OK);
    return readdirSync(folder);
  });
  const isOwn = (name: string) =>
    ENTRIES.includes(name) || isLockFile(name) || name.startsWith("installed.json");
  const hasOther = !names.every(isOwn);
  const isStarted = names.includes(LOG) || names.length === 0 || names.every(isLockFile);
  if (hasOther || (recordOf(what) === null && (!isStarted || existsSync(recordIn(folder)))))
    throw new InputError(
      `${folder} contains something else; remove it, or name another folder by ${FOLDER_VARIABLES[what]}`,
    );
}

function checkSpace(folder: string, gigabytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / 1e9;
  if (free < gigabytes)
    throw new InputError(`${folder} has ${free.toFixed(1)} GB left; ${gigabytes} GB are needed`);
}

/** Moves what has been made here, and replaces what was there. */
function moveEntries(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of ENTRIES)
    if (name !== BEFORE && existsSync(join(from, name))) {
      rmSync(join(to, name), { recursive: true, force: true });
      renameSync(join(from, name), join(to, name));
    }
}

/** Brings back what was installed before, if anything was, with the log of the attempt to replace it. */
function restore(folder: string): void {
  const before = join(folder, BEFORE);
  if (!existsSync(recordIn(before))) return;
  for (const name of ENTRIES)
    if (name !== BEFORE && name !== LOG) rmSync(join(folder, name), { recursive: true, force: true });
  rmSync(join(before, LOG), { force: true });
  moveEntries(before, folder);
  rmSync(before, { recursive: true, force: true });
}
