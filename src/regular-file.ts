// A file -> its bytes. Checks first that it is a regular file, because reading from a device or a pipe may not end.

import { readFileSync, type Stats, statSync } from "node:fs";
import { InputError } from "./diagnostic.js";

/** Null if there is nothing at the path. Throws InputError if that cannot be found out, for example because links go in circles. */
export function statOrNull(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (cause) {
    throw new InputError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Throws InputError if the file does not exist, is not a regular file, has more than `mostBytes` bytes, or cannot be read. */
export function readRegularFile(file: string, mostBytes: number): Buffer {
  const fail = (reason: string, cause?: unknown): never => {
    throw new InputError(`cannot read ${file}: ${reason}`, { cause });
  };
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) return fail("it is a folder");
    if (!stat.isFile()) return fail("it is not a regular file");
    if (stat.size > mostBytes) return fail(`it has ${stat.size} bytes; at most ${mostBytes} are read`);
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    return fail(code === "ENOENT" ? "there is no such file" : message, cause);
  }
}
