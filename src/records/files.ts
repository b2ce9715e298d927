// Atomic writes: a file is written under a temporary name, then renamed.

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

/** The end of the name of an incomplete file or folder. */
export const PART = ".part";

/** A file exists, but its content is not what was written. */
export class DamagedFileError extends Error {
  override readonly name = "DamagedFileError";

  constructor(file: string, problem: string) {
    super(`${file} is damaged: ${problem}`);
  }
}

/**
 * Replaces a file atomically, and creates its folder. If `previous` is given, an existing file is kept under that name; at
 * every moment at least one of the two exists. Only one process writes to a folder at a time (lock.ts), so the temporary file
 * of a killed process is overwritten by the next write.
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

/** Creates a folder and its parents. Node's own recursion does not terminate on file systems that refuse (`/proc`). */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process has created it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Removes the temporary files of killed processes from a folder. The caller must hold the folder's lock. */
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
