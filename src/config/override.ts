// Values replaced by path (a variant's `set`, `--set path=value`), each with the place it was written at.

import { type Diagnostic, DiagnosticError, type Location, locationAt, type Path } from "../diagnostic.js";
import { type Checked, resolvePath } from "./experiment.js";
import { ANY_DEPTH, everywhere, OTHER_SPELLING, unreached } from "./reach.js";
import { isMapping, type Located, parseSource } from "./source.js";

export interface Override {
  /** May have one step `**`: any depth. */
  readonly path: Path;
  /** Null takes the key away. */
  readonly value: unknown;
  /** The folder that a path in the value starts at. */
  readonly directory: string;
  /** Where the path is written. */
  readonly key: Location;
  /** Where a part of the value is written, by its path within the value. */
  locate(path: Path, part: "key" | "value"): Location;
}

/** The base with the overrides applied in order; what an override says is located where it was said. */
export function applyOverrides(base: Located, overrides: readonly Override[]): Checked<Located> {
  const value = copyTree(base.value);
  // What is not a mapping has nothing to replace; validation says so, at the base.
  if (!isMapping(value)) return { ok: true, value: base };
  const diagnostics: Diagnostic[] = [];
  const applied: { override: Override; made: Path; path: Path }[] = [];
  for (const override of overrides) {
    const concrete = override.path.includes(ANY_DEPTH) ? everywhere(value, override) : [override];
    if (concrete.length === 0)
      diagnostics.push(
        problemOf(override, "no-match", `nothing in this experiment is at \`${nameOf(override)}\``),
      );
    for (const one of concrete) {
      const result = replaceAt(value, { ...override, ...one });
      if ("diagnostic" in result) diagnostics.push(result.diagnostic);
      else applied.push({ override, made: result.made, path: one.path });
    }
  }
  const paths = overrides.map(({ path }) => path).filter((path) => !path.includes(ANY_DEPTH));
  for (const override of overrides) {
    const kept = unreached(value, { override, set: paths });
    if (kept.length > 0) diagnostics.push(problemOf(override, "not-reached", notReached(override, kept)));
  }
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const locate: Located["locate"] = (path, part) => {
    const last = applied.findLast(({ made }) => isPrefix(made, path));
    if (!last) return base.locate(path, part);
    const within = path.slice(last.path.length);
    const atKey = path.length < last.path.length || (part === "key" && within.length === 0);
    return atKey ? last.override.key : last.override.locate(within, part);
  };
  return { ok: true, value: { value, locate } };
}

function nameOf({ path }: Pick<Override, "path">): string {
  return path.join(".");
}

function problemOf({ path, key }: Override, code: string, message: string): Diagnostic {
  return { code, message, path, location: key };
}

function notReached(override: Override, kept: readonly Path[]): string {
  const places = kept.slice(0, 4).map((path) => `\`${path.join(".")}\``);
  const more = kept.length > places.length ? ` and ${kept.length - places.length} more` : "";
  const [first, ...rest] = override.path;
  const glob = [first, ANY_DEPTH, ...rest].join(".");
  return `\`${nameOf(override)}\` does not reach ${places.join(", ")}${more}, which ${kept.length === 1 ? "has a value of its" : "have values of their"} own; \`${glob}\` reaches all, or set ${kept.length === 1 ? "it" : "them"} here too`;
}

/** `network.se.r` -> ["network", "se", "r"]; a number is an index from 0. */
export function parsePath(text: string): Path {
  return text.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** `--set network.se.r=8`: the value is YAML. Throws DiagnosticError. */
export function parseSetFlag(flag: string): Override {
  return parseOverride(flag, "--set");
}

/** `network.se.r=8`, as the flag `name` says it. Throws DiagnosticError. */
export function parseOverride(flag: string, name: string): Override {
  const at = (start: number, end: number) => locationAt(name, flag, start, end);
  const equals = flag.indexOf("=");
  if (equals < 1 || flag.slice(equals + 1).trim() === "") {
    const message = "--set takes path=value, as in --set training.epochs=5; the value null takes a key away";
    throw new DiagnosticError([{ code: "set-syntax", message, path: [], location: at(0, flag.length) }]);
  }
  const { value, locate } = parseSource(flag, name, equals + 1);
  const path = parsePath(flag.slice(0, equals));
  return { path, value, directory: process.cwd(), key: at(0, equals), locate };
}

const FORBIDDEN = new Set(["__proto__", "prototype", "constructor", ANY_DEPTH]);

/** Replaces in place. `made` is the path of the outermost value that stands there because of this override. */
function replaceAt(
  root: Record<string, unknown>,
  override: Override,
): { readonly made: Path } | { readonly diagnostic: Diagnostic } {
  const { path, value } = override;
  const fail = (code: string, message: string) => ({ diagnostic: problemOf(override, code, message) });
  if (path.some((step) => step === "" || FORBIDDEN.has(String(step))))
    return fail("unsafe-path", `\`${path.join(".")}\` is not a path of an experiment`);
  let made = path;
  let parent = root;
  for (const [depth, step] of path.entries()) {
    if (Array.isArray(parent) && !(Number.isInteger(step) && Number(step) < parent.length))
      return fail(
        "no-such-item",
        `\`${path.join(".")}\`: there are ${parent.length} items here, counted from 0`,
      );
    if (depth === path.length - 1) break;
    const child = Object.hasOwn(parent, step) ? parent[step] : undefined;
    // A scalar in the way (`se: off`) gives place to a mapping.
    if (typeof child !== "object" || child === null) {
      parent[step] = {};
      if (made === path) made = path.slice(0, depth + 1);
    }
    parent = parent[step] as Record<string, unknown>;
  }
  const last = path.at(-1) as string;
  const other = OTHER_SPELLING.get(last);
  if (value === null) {
    if (Array.isArray(parent))
      return fail("no-such-item", `\`${path.join(".")}\`: items of a list cannot be taken away one by one`);
    if (![last, other].some((key) => key !== undefined && Object.hasOwn(parent, key)))
      return fail("no-match", `there is no \`${path.join(".")}\` to take away`);
    delete parent[last];
  } else parent[last] = withAbsolutePaths(copyTree(value), path, override.directory);
  if (other !== undefined) delete parent[other];
  return { made };
}

/** The key of an experiment that is a path: it starts where it is written. */
const PATH_KEY: Path = ["dataset", "directory"];

function withAbsolutePaths(value: unknown, path: Path, directory: string): unknown {
  if (!isPrefix(path, PATH_KEY)) return value;
  const [key] = PATH_KEY.slice(path.length);
  if (key === undefined) return typeof value === "string" ? resolvePath(value, directory) : value;
  return isMapping(value) && Object.hasOwn(value, key)
    ? { ...value, [key]: withAbsolutePaths(value[key], [...path, key], directory) }
    : value;
}

/** A copy that shares nothing: where an alias stands, a change must not reach the other places of its anchor. */
function copyTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyTree);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyTree(inner)]));
}

function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.length <= path.length && prefix.every((step, index) => String(step) === String(path[index]));
}
