// A folder -> what is in it.

import { type Dirent, readdirSync } from "node:fs";
import { InputError } from "../../diagnostic.js";
import { missing } from "./missing.js";

/** In the order of their names. Throws InputError if the folder does not exist or cannot be read. */
export function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") throw missing("folder", folder);
    throw new InputError(
      code === "ENOTDIR" ? `${folder} is not a folder` : `cannot read ${folder}: ${message}`,
      { cause },
    );
  }
}
