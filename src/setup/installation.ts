// An installation into a folder of its own: its steps one after the other, and a record once all have succeeded.

import { existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../diagnostic.js";
import { makeFolder, writeWhole } from "../records/files.js";
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

/** Replaces what was there. Throws InputError if a step fails; then, nothing is installed. */
export async function install(
  { what, disk, steps, record }: Installation,
  { signal, onStep }: SetupOptions,
): Promise<void> {
  const folder = folderOf(what);
  removeInstallation(what);
  makeFolder(folder);
  checkSpace(folder, disk);
  const log = join(folder, LOG);
  writeFileSync(log, "");
  for (const [index, step] of steps.entries()) {
    onStep(step.what, index + 1, steps.length);
    await runStep(step, { folder, log, signal });
  }
  writeWhole(recordIn(folder), `${JSON.stringify(record)}\n`);
}

/** Returns whether anything was there. Removes nothing that was not made here. */
export function removeInstallation(what: Installable): boolean {
  const folder = folderOf(what);
  if (!existsSync(folder)) return false;
  const isOwn = recordOf(what) !== null || existsSync(join(folder, LOG));
  if (!isOwn && readdirSync(folder).length > 0)
    throw new InputError(
      `${folder} contains something else; remove it, or name another folder by ${FOLDER_VARIABLES[what]}`,
    );
  rmSync(folder, { recursive: true });
  return true;
}

function checkSpace(folder: string, gigabytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / 1e9;
  if (free >= gigabytes) return;
  rmSync(folder, { recursive: true });
  throw new InputError(`${dirname(folder)} has ${free.toFixed(1)} GB left; ${gigabytes} GB are needed`);
}
