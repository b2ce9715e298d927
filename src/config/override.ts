// Values replaced by path (`set` in a variant, `--set path=value`), each with the location where it was written.

import {
  collect,
  DiagnosticError,
  type Location,
  locationAt,
  nameOf,
  type Path,
  type Report,
} from "../diagnostic.js";
import type { DiagnosticCode } from "../diagnostic-codes.js";
import type { Checked } from "./experiment.js";
import { withAbsolutePaths } from "./paths.js";
import { ANY_DEPTH, everywhere, isWithin, type Replacement, unreached } from "./reach.js";
import {
  type LongForm,
  longPath,
  longReplacement,
  newMapping,
  otherSpelling,
  spelledAs,
  spelling,
} from "./shorthand.js";
import { isMapping, parseSource } from "./source.js";

export interface Override {
  /** May contain one step `**`, which matches any depth. */
  readonly path: Path;
  /** Null removes the key. */
  readonly value: unknown;
  /** The folder that relative paths in the value start at. */
  readonly directory: string;
  /** The location of the path. */
  readonly key: Location;
  /** The location of a part of the value, by its path within the value. */
  locate(path: Path, part: "key" | "value"): Location;
}

/** A place that an override has replaced. */
interface Applied {
  readonly override: Override;
  /** The path of the outermost value that the override has created. */
  readonly made: Path;
  /** The path that was replaced, as the override spells it. */
  readonly spelled: Path;
  readonly written: LongForm["written"];
}

/** The base with the overrides applied in order. Values from an override are located where the override was written. */
export function applyOverrides(base: LongForm, overrides: readonly Override[]): Checked<LongForm> {
  const value = copyTree(base.value);
  // A base that is not a mapping has nothing to replace; validation reports it.
  if (!isMapping(value)) return { ok: true, value: base };
  const applied: Applied[] = [];
  const { locate } = base;
  const diagnostics = collect({ locate }, (report) => {
    for (const override of overrides) applied.push(...applyOne(value, override, report));
    checkReach(value, { overrides, written: withPlacesOf(applied, base).written, report });
  });
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  return { ok: true, value: { ...withPlacesOf(applied, base), value } };
}

/** Applies one override to `root`, in place. */
function applyOne(root: Record<string, unknown>, override: Override, report: Report): Applied[] {
  const long = longReplacement(root, override);
  const concrete = long.path.includes(ANY_DEPTH)
    ? everywhere(root, long).map((one) => ({ ...one, spelled: spelledAs(one.path, override.path) }))
    : [{ ...long, spelled: override.path }];
  if (concrete.length === 0)
    report(
      "no-match",
      `this experiment has nothing at ${nameOf(override.path)}`,
      override.path,
      override.key,
    );
  return concrete.flatMap((one) => {
    const made = replaceAt(root, { ...one, override, report });
    const written = spelling(override.value, one.spelled);
    return made === null ? [] : [{ override, made, spelled: one.spelled, written }];
  });
}

interface ReachParts {
  readonly overrides: readonly Override[];
  readonly written: LongForm["written"];
  readonly report: Report;
}

/** Reports overrides of the network that do not reach stages with their own values. */
function checkReach(root: unknown, { overrides, written, report }: ReachParts): void {
  const set = overrides.map(({ path }) => longPath(path)).filter((path) => !path.includes(ANY_DEPTH));
  for (const override of overrides) {
    const asked = { path: longPath(override.path), value: longReplacement(root, override).value };
    const kept = unreached(root, { override: asked, set }).map(written);
    if (kept.length > 0) report("not-reached", notReached(override, kept), override.path, override.key);
  }
}

/** Locates values that an override has created in the override, and all others in the base. */
function withPlacesOf(applied: readonly Applied[], base: LongForm): Omit<LongForm, "value"> {
  const causeOf = (path: Path) => applied.findLast(({ made }) => isWithin(path, made));
  const written: LongForm["written"] = (path) => (causeOf(path) ?? base).written(path);
  return {
    written,
    locate: (path, part) => {
      const cause = causeOf(path);
      if (!cause) return base.locate(path, part);
      const within = written(path).slice(cause.spelled.length);
      const atKey = path.length < cause.spelled.length || (part === "key" && within.length === 0);
      return atKey ? cause.override.key : cause.override.locate(within, part);
    },
  };
}

function notReached(override: Override, kept: readonly Path[]): string {
  const places = kept.slice(0, 4).map((path) => `\`${path.join(".")}\``);
  const more = kept.length > places.length ? ` and ${kept.length - places.length} more` : "";
  const [first, ...rest] = override.path;
  const glob = [first, ANY_DEPTH, ...rest].join(".");
  const [have, them] = kept.length === 1 ? ["has its own value", "it"] : ["have their own values", "them"];
  return `${nameOf(override.path)} does not reach ${places.join(", ")}${more}, which ${have}; use \`${glob}\` to reach every place, or set ${them} here too`;
}

/** `network.se.r` -> ["network", "se", "r"]; a number is an index from 0. */
export function parsePath(text: string): Path {
  return text.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** `--set network.se.r=8`: the value is YAML. Throws DiagnosticError. */
export function parseSetFlag(flag: string): Override {
  return parseOverride(flag, "--set");
}

/** `network.se.r=8`, as the value of the flag `name`. Throws DiagnosticError. */
export function parseOverride(flag: string, name: string): Override {
  const at = (start: number, end: number) => locationAt(name, flag, start, end);
  const equals = flag.indexOf("=");
  if (equals < 1 || flag.slice(equals + 1).trim() === "") {
    const message = "--set must be path=value, such as --set training.epochs=5; the value null removes a key";
    throw new DiagnosticError([{ code: "set-syntax", message, path: [], location: at(0, flag.length) }]);
  }
  const { value, locate } = parseSource(flag, name, equals + 1);
  const path = parsePath(flag.slice(0, equals));
  return { path, value, directory: process.cwd(), key: at(0, equals), locate };
}

const FORBIDDEN = new Set(["__proto__", "prototype", "constructor", ANY_DEPTH]);

interface Concrete extends Replacement {
  readonly spelled: Path;
  readonly override: Override;
  readonly report: Report;
}

/** Replaces a value in place. Returns `made` of `Applied`, or null if the override is wrong. */
function replaceAt(
  root: Record<string, unknown>,
  { path, value, spelled, override, report }: Concrete,
): Path | null {
  const name = nameOf(spelled);
  const fail = (code: DiagnosticCode, message: string) => {
    report(code, message, spelled, override.key);
    return null;
  };
  if (path.some((step) => step === "" || FORBIDDEN.has(String(step))))
    return fail("unsafe-path", `${name} is not a valid path in an experiment`);
  let made = path;
  let parent = root;
  for (const [depth, step] of path.entries()) {
    if (Array.isArray(parent) && !(Number.isInteger(step) && Number(step) < parent.length))
      return fail(
        "no-such-item",
        `${name}: the list has no item \`${step}\`; its last index is ${parent.length - 1}`,
      );
    if (depth === path.length - 1) break;
    const child = Object.hasOwn(parent, step) ? parent[step] : undefined;
    // A scalar on the way (`se: off`) is replaced by a mapping.
    if (typeof child !== "object" || child === null) {
      parent[step] = newMapping(path, { spelled, depth });
      if (made === path) made = path.slice(0, depth + 1);
    }
    parent = parent[step] as Record<string, unknown>;
  }
  const last = path.at(-1) as string;
  const other = otherSpelling(path);
  if (value === null) {
    if (Array.isArray(parent))
      return fail("no-such-item", `${name}: single items cannot be removed from a list`);
    if (![last, other].some((key) => key !== null && Object.hasOwn(parent, key)))
      return fail("no-match", `there is no ${name} to remove`);
    delete parent[last];
  } else parent[last] = withAbsolutePaths(copyTree(value), path, override.directory);
  if (other !== null) delete parent[other];
  return made;
}

/** A copy that shares no values: a change at an alias must not affect its anchor or other aliases. */
function copyTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyTree);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyTree(inner)]));
}
