// Atomic writes: a file is written under a temporary name, then renamed.

import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
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
 * every moment the file exists. The temporary file has a name of its own, because a process that has lost its lock
 * may not know it yet; who holds the lock removes those of killed processes.
 */
export function writeWhole(file: string, content: string | Uint8Array, previous?: string): void {
  makeFolder(dirname(file));
  const beside = besideOf(file);
  try {
    writeThrough(beside, typeof content === "string" ? Buffer.from(content) : content);
    if (previous !== undefined && existsSync(file)) keepAs(file, previous);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** A name that no other process uses. */
function besideOf(file: string): string {
  return `${file}.${hostname()}-${process.pid}${PART}`;
}

/** For a moment, the file has both names. */
function keepAs(file: string, previous: string): void {
  const beside = besideOf(previous);
  rmSync(beside, { force: true });
  linkSync(file, beside);
  renameSync(beside, previous);
  // If a process was killed in that moment, both are the same file, and renaming has done nothing.
  rmSync(beside, { force: true });
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

export interface ReadFile {
  readonly text: string;
  /** When it last changed, in milliseconds since 1970 by the clock of the file server. */
  readonly modified: number;
}

/** How often to look again at a file that was replaced while it was read from a file server. */
const MOST_LOOKS = 5;

/**
 * Reads a file that another process, perhaps on another machine, may replace or remove at any moment; null if there is none. Opening
 * the file makes NFS ask the server, while a name alone would be looked up in what is remembered.
 */
export function readAgain(file: string): ReadFile | null {
  for (let looks = 1; ; looks++) {
    try {
      const descriptor = openSync(file, "r");
      try {
        return { modified: fstatSync(descriptor).mtimeMs, text: readFileSync(descriptor, "utf8") };
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return null;
      if (code !== "ESTALE" || looks === MOST_LOOKS) throw error;
    }
  }
}
