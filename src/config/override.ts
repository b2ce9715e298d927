// Values replaced by path (a variant's `set`, `--set path=value`), each with the place it was written at.

import { parse } from "yaml";
import { type Diagnostic, DiagnosticError, type Location, locationAt, type Path } from "../diagnostic.js";
import type { Located } from "./source.js";

export interface Override {
  readonly path: Path;
  readonly value: unknown;
  /** Where the path and where the value is written. */
  readonly key: Location;
  readonly at: Location;
}

/** The base with the overrides applied in order; what an override says is located where it was said. */
export function applyOverrides(base: Located, overrides: readonly Override[]): Located {
  const value = structuredClone(base.value);
  for (const override of overrides) replaceAt(value, override);
  return {
    value,
    locate: (path, part) => {
      const last = overrides.findLast((override) => isPrefix(override.path, path));
      if (!last) return base.locate(path, part);
      return part === "key" && last.path.length === path.length ? last.key : last.at;
    },
  };
}

/** `network.se.r` -> ["network", "se", "r"]; a number is an index from 0. */
export function parsePath(text: string): Path {
  return text.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** `--set network.se.r=8`: the value is YAML. Throws DiagnosticError. */
export function parseSetFlag(flag: string): Override {
  const at = (start: number, end: number) => locationAt("--set", flag, start, end);
  const fail = (code: string, message: string, start: number, end: number): never => {
    throw new DiagnosticError([{ code, message, path: [], location: at(start, end) }]);
  };
  const equals = flag.indexOf("=");
  if (equals < 1)
    return fail("set-syntax", "--set takes path=value, as in --set training.epochs=5", 0, flag.length);
  let value: unknown;
  try {
    value = parse(flag.slice(equals + 1), { maxAliasCount: 0 });
  } catch (error) {
    return fail(
      "yaml-syntax",
      `the value is not YAML: ${(error as Error).message.split("\n")[0]}`,
      equals + 1,
      flag.length,
    );
  }
  return {
    path: parsePath(flag.slice(0, equals)),
    value,
    key: at(0, equals),
    at: at(equals + 1, flag.length),
  };
}

const FORBIDDEN = new Set(["__proto__", "prototype", "constructor"]);

function replaceAt(root: unknown, { path, value, key }: Override): void {
  const fail = (code: string, message: string): never => {
    const diagnostic: Diagnostic = { code, message, path, location: key };
    throw new DiagnosticError([diagnostic]);
  };
  if (typeof root !== "object" || root === null)
    fail("wrong-type", "there is nothing to set this in: the experiment is no mapping");
  let parent = root as Record<string, unknown>;
  path.forEach((step, depth) => {
    const name = String(step);
    if (name === "" || FORBIDDEN.has(name))
      fail("unsafe-path", `\`${path.join(".")}\` is no path of an experiment`);
    if (Array.isArray(parent) && !(Number.isInteger(step) && Number(step) < parent.length))
      fail("no-such-item", `\`${path.join(".")}\`: there are ${parent.length} items here, counted from 0`);
    if (depth === path.length - 1) {
      parent[name] = structuredClone(value);
      return;
    }
    const child = Object.hasOwn(parent, name) ? parent[name] : undefined;
    // A scalar in the way (`se: off`) gives place to a mapping.
    if (typeof child !== "object" || child === null) parent[name] = {};
    parent = parent[name] as Record<string, unknown>;
  });
}

function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.length <= path.length && prefix.every((step, index) => String(step) === String(path[index]));
}
