// Files that are whole or absent: written beside, then renamed.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** How names of files and folders end that are not whole yet. */
export const PART = ".part";

/** A file that is there, but not as it was written. */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";

  constructor(file: string, problem: string) {
    super(`${file} is damaged: ${problem}`);
  }
}

/**
 * One process writes to a folder at a time (lock.ts): what a killed one left beside is overwritten by the next. A file of
 * that name that is there already is kept as `previous`, if one is given: there is no moment without either of them.
 */
export function writeWhole(file: string, content: string | Uint8Array, previous?: string): void {
  makeFolder(dirname(file));
  const beside = `${file}${PART}`;
  try {
    writeThrough(beside, typeof content === "string" ? Buffer.from(content) : content);
    if (previous !== undefined && existsSync(file)) renameSync(file, previous);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** With those above it. Not by Node's own recursion, which never ends where a file system refuses (`/proc`). */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Removes what writers that were killed left in a folder. The caller holds the folder's lock. */
export function removeLeftovers(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.name.endsWith(PART) && (entry.isFile() || entry.name.startsWith(".")))
      rmSync(join(folder, entry.name), { recursive: true, force: true });
}

function writeThrough(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, "w");
  try {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
