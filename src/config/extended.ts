// An experiment that extends others -> the experiment as a whole. Each part of it is located in the file that it comes from.

import { basename, dirname, resolve } from "node:path";
import { collect, DiagnosticError, InputError, type Path } from "../diagnostic.js";
import type { DiagnosticCode } from "../diagnostic-codes.js";
import { relativeTo, withAbsolutePaths } from "./paths.js";
import { otherSpelling } from "./shorthand.js";
import { isMapping, type Located, readSource } from "./source.js";

const MOST_LEVELS = 8;
/** Of all files together, each as often as it is read. */
const MOST_FILES = 64;

/** Reads an experiment and whatever it extends. Throws InputError (no such file) or DiagnosticError. */
export function readExperiment(file: string): Located {
  return extended(readSource(file), file);
}

interface Chain {
  /** The files that lead here, by their absolute paths. */
  readonly files: readonly string[];
  readonly read: { count: number };
}

/**
 * The experiment `own`, in `file`, put over those that it extends, later ones over earlier ones. Mappings are merged; anything else
 * replaces what was there, and so does a mapping of another kind (`type`, or `name` of an optimizer). null takes a key away. Throws
 * DiagnosticError if a base cannot be read, or extends itself.
 */
export function extended(
  own: Located,
  file: string,
  { files, read }: Chain = { files: [resolve(file)], read: { count: 0 } },
): Located {
  if (!isMapping(own.value) || !Object.hasOwn(own.value, "extends")) return own;
  const { extends: written, ...value } = own.value;
  const names = Array.isArray(written) ? written : [written];
  const fail = (code: DiagnosticCode, message: string, index: number): never => {
    const path = ["extends", ...(Array.isArray(written) ? [index] : [])];
    throw new DiagnosticError(collect(own, (report) => report(code, message, path)));
  };
  const bases = names.map((name: unknown, index): Located => {
    if (typeof name !== "string")
      return fail("wrong-type", "`extends` must be a file, or a list of files", index);
    const path = relativeTo(file, name);
    const absolute = resolve(path);
    if (files.includes(absolute))
      return fail("circular-base", `\`${name}\` extends this file in turn`, index);
    if (files.length > MOST_LEVELS)
      return fail("too-deep", `more than ${MOST_LEVELS} experiments extend each other`, index);
    if (++read.count > MOST_FILES)
      return fail("too-large", `more than ${MOST_FILES} files are extended`, index);
    const source = baseSource(path, (code, problem) => fail(code, problem, index), { name, file });
    const base = extended(source, path, { files: [...files, absolute], read });
    return asBase(base, dirname(absolute));
  });
  const [first, ...others] = bases;
  if (!first) return fail("out-of-range", "`extends` must name at least one file", 0);
  const below = others.reduce((under, over) => merged(over, under), first);
  return merged({ ...own, value }, below);
}

function baseSource(
  path: string,
  fail: (code: DiagnosticCode, problem: string) => never,
  { name, file }: { name: string; file: string },
): Located {
  try {
    const source = readSource(path);
    if (!isMapping(source.value))
      fail("not-an-experiment", `\`${name}\` is not an experiment or a part of one`);
    if (["variants", "experiment"].some((key) => Object.hasOwn(source.value as object, key)))
      fail("not-an-experiment", `\`${name}\` is a sweep, which nothing can extend`);
    return source;
  } catch (error) {
    if (!(error instanceof InputError) || error instanceof DiagnosticError) throw error;
    const reason = error.message.slice(error.message.lastIndexOf(": ") + 2);
    const where = `paths are relative to the folder of ${basename(file)}`;
    return fail("no-such-file", `cannot read \`${name}\`: ${reason} (${where})`);
  }
}

/** Without its name, which is that of its own results, and with paths that mean the same from anywhere. */
function asBase(base: Located, directory: string): Located {
  const { name: _, ...value } = base.value as Record<string, unknown>;
  return { ...base, value: withAbsolutePaths(value, [], directory) };
}

function merged(own: Located, base: Located): Located {
  return {
    value: mergedValue(own.value, base.value),
    locate: (path, part) => (isFromBase(own.value, base.value, path) ? base : own).locate(path, part),
  };
}

function mergedValue(own: unknown, base: unknown): unknown {
  const both = alike(own, base);
  if (!both) return own;
  const [here, there] = both;
  const kept = Object.entries(there).filter(([key]) => !isReplaced(here, key));
  const changed = Object.entries(here)
    .filter(([key, value]) => value !== null || !Object.hasOwn(there, key))
    .map(([key, value]) => [key, Object.hasOwn(there, key) ? mergedValue(value, there[key]) : value]);
  return Object.fromEntries([...kept, ...changed]);
}

type Mapping = Record<string, unknown>;

/** Keys that say what kind of mapping it is, which decides what its other keys mean. */
const KINDS = ["name", "type"];

/** Two mappings that are merged; null if the first one replaces the second. */
function alike(own: unknown, base: unknown): [Mapping, Mapping] | null {
  if (!isMapping(own) || !isMapping(base)) return null;
  const differ = KINDS.some(
    (key) => Object.hasOwn(own, key) && Object.hasOwn(base, key) && own[key] !== base[key],
  );
  return differ ? null : [own, base];
}

/** Whether a key of the base is given by `own`, in this or the other spelling (`se`, `attention`). */
function isReplaced(own: Mapping, key: string): boolean {
  const other = otherSpelling(["network", key]);
  return Object.hasOwn(own, key) || (other !== null && Object.hasOwn(own, other));
}

/** Whether the value at a path is that of the base. */
function isFromBase(own: unknown, base: unknown, path: Path): boolean {
  let both = alike(own, base);
  for (const step of path) {
    const key = String(step);
    if (!both || !Object.hasOwn(both[1], key)) return false;
    if (!Object.hasOwn(both[0], key)) return true;
    both = alike(both[0][key], both[1][key]);
  }
  return false;
}
