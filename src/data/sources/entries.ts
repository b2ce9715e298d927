// A folder -> what is in it.

import { type Dirent, readdirSync } from "node:fs";
import { InputError } from "../../diagnostic.js";

/** In the order of their names. Throws InputError if the folder does not exist or cannot be read. */
export function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const known: Readonly<Record<string, string>> = {
      ENOENT: `there is no folder ${folder}`,
      ENOTDIR: `${folder} is not a folder`,
    };
    throw new InputError(known[code ?? ""] ?? `cannot read ${folder}: ${message}`, { cause });
  }
}
