// Values replaced by path (a variant's `set`, `--set path=value`), each with the place it was written at.

import { type Diagnostic, DiagnosticError, type Location, locationAt, type Path } from "../diagnostic.js";
import type { Checked } from "./experiment.js";
import { type Located, parseSource } from "./source.js";

export interface Override {
  readonly path: Path;
  readonly value: unknown;
  /** Where the path is written. */
  readonly key: Location;
  /** Where a part of the value is written, by its path within the value. */
  locate(path: Path, part: "key" | "value"): Location;
}

/** The base with the overrides applied in order; what an override says is located where it was said. */
export function applyOverrides(base: Located, overrides: readonly Override[]): Checked<Located> {
  const value = copyTree(base.value);
  // What is no mapping has nothing to replace; validation says so, at the base.
  if (!isMapping(value)) return { ok: true, value: base };
  const diagnostics: Diagnostic[] = [];
  const applied = overrides.map((override) => {
    const result = replaceAt(value, override);
    if ("diagnostic" in result) diagnostics.push(result.diagnostic);
    return { override, made: "made" in result ? result.made : override.path };
  });
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const locate: Located["locate"] = (path, part) => {
    const last = applied.findLast(({ made }) => isPrefix(made, path));
    if (!last) return base.locate(path, part);
    const { override } = last;
    const within = path.slice(override.path.length);
    const atKey = path.length < override.path.length || (part === "key" && within.length === 0);
    return atKey ? override.key : override.locate(within, part);
  };
  return { ok: true, value: { value, locate } };
}

/** `network.se.r` -> ["network", "se", "r"]; a number is an index from 0. */
export function parsePath(text: string): Path {
  return text.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** `--set network.se.r=8`: the value is YAML. Throws DiagnosticError. */
export function parseSetFlag(flag: string): Override {
  const at = (start: number, end: number) => locationAt("--set", flag, start, end);
  const equals = flag.indexOf("=");
  if (equals < 1) {
    const message = "--set takes path=value, as in --set training.epochs=5";
    throw new DiagnosticError([{ code: "set-syntax", message, path: [], location: at(0, flag.length) }]);
  }
  const { value, locate } = parseSource(flag, "--set", equals + 1);
  return { path: parsePath(flag.slice(0, equals)), value, key: at(0, equals), locate };
}

/** Two spellings of one thing: who gives the one whole has replaced the other. */
const OTHER_SPELLING: ReadonlyMap<unknown, string> = new Map([
  ["se", "attention"],
  ["attention", "se"],
]);

const FORBIDDEN = new Set(["__proto__", "prototype", "constructor"]);

/** Replaces in place. `made` is the path of the outermost value that stands there because of this override. */
function replaceAt(
  root: Record<string, unknown>,
  { path, value, key }: Override,
): { readonly made: Path } | { readonly diagnostic: Diagnostic } {
  const fail = (code: string, message: string) => ({ diagnostic: { code, message, path, location: key } });
  if (path.some((step) => step === "" || FORBIDDEN.has(String(step))))
    return fail("unsafe-path", `\`${path.join(".")}\` is no path of an experiment`);
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
  parent[last] = copyTree(value);
  const other = OTHER_SPELLING.get(last);
  if (other !== undefined) delete parent[other];
  return { made };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
