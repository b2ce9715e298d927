// Paths of files in an experiment: which keys have them, and where they start.

import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import type { Path } from "../diagnostic.js";
import { isWithin } from "./reach.js";
import { isMapping } from "./source.js";

/** The keys whose values are paths. A relative path starts at the folder of the file in which it is written. */
const PATH_KEYS: readonly Path[] = [["dataset", "directory"], ["dataset", "path"], ["from"], ["from", "run"]];

/** Written instead of a path where there is none. */
const NO_PATH = "none";

/** A value at some place in an experiment, with all paths in it made absolute. */
export function withAbsolutePaths(value: unknown, place: Path, directory: string): unknown {
  return PATH_KEYS.reduce(
    (current, keys) =>
      isWithin(keys, place) ? resolvedBelow(current, keys.slice(place.length), directory) : current,
    value,
  );
}

function resolvedBelow(value: unknown, [key, ...rest]: Path, directory: string): unknown {
  if (key === undefined)
    return typeof value === "string" && value !== NO_PATH ? resolvePath(value, directory) : value;
  return isMapping(value) && Object.hasOwn(value, key)
    ? { ...value, [key]: resolvedBelow(value[key], rest, directory) }
    : value;
}

/** Resolves a path relative to a folder; a leading `~` or `${HOME}` stands for the home folder. */
export function resolvePath(path: string, directory: string): string {
  return resolve(
    directory,
    path.replace(/^(?:~|\$\{HOME\})(?=[\\/]|$)/, () => homedir()),
  );
}

/** The folder of a file, as an absolute path. */
export function directoryOf(file: string): string {
  return dirname(resolve(file));
}

/** A path that is written in `file`, relative to the working directory, since diagnostics show it. */
export function relativeTo(file: string, path: string): string {
  return /^(?:[/~]|\$\{HOME\})/.test(path)
    ? resolvePath(path, dirname(file))
    : `${dirname(file)}/${path}`.replace(/^\.\//, "");
}
