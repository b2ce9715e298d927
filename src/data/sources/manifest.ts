// Files -> a hash of their paths, sizes and times, which tells whether any of them has changed.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { InputError } from "../../diagnostic.js";
import { readRegularFile, statOrNull } from "../../regular-file.js";
import { missing } from "./missing.js";

/** Throws InputError if a file does not exist. */
export function manifestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs, ctimeMs, ino } = statOf(file);
    hash.update(JSON.stringify([file, size, mtimeMs, ctimeMs, ino]));
  }
  return hash.digest("hex");
}

/** Up to this size, the contents of files identify a dataset; beyond it, their names and sizes. */
const MOST_BYTES = 2 ** 28;

/** The identity of files wherever they are. `names`: below the folder of the dataset; by default without a folder. */
export function contentsOf(files: readonly string[], names = files.map((file) => basename(file))): string {
  const hash = createHash("sha256");
  const sizes = files.map((file) => statOf(file).size);
  const isSmall = sizes.reduce((sum, size) => sum + size, 0) <= MOST_BYTES;
  for (const [index, file] of files.entries()) {
    hash.update(JSON.stringify([names[index], sizes[index]]));
    if (isSmall) hash.update(readRegularFile(file, MOST_BYTES));
  }
  return hash.digest("hex");
}

function statOf(file: string) {
  const stat = statOrNull(file);
  if (!stat) throw missing("file", file);
  if (!stat.isFile()) throw new InputError(`${file} is not a regular file`);
  return stat;
}
