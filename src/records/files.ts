// Files that are whole or absent: written beside, then renamed.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

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
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.part`;
  try {
    writeThrough(beside, typeof content === "string" ? Buffer.from(content) : content);
    if (previous !== undefined && existsSync(file)) renameSync(file, previous);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
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
