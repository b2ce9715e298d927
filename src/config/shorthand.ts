// The short form `se: { r: 4 }` -> the long form `attention: { type: se, r: 4 }`, and paths from one form to the other. No
// other file knows the short form.

import { isDeepStrictEqual } from "node:util";
import type { Path, Report } from "../diagnostic.js";
import { ANY_DEPTH, type Replacement } from "./reach.js";
import { isMapping, isWritten, type Located, valueAt } from "./source.js";

/** A located value in which all gates are called `attention`. Only an incorrect `se` is kept, so that validation reports it. */
export interface LongForm extends Located {
  /** The path as the user wrote it: `network.se.r` for `network.attention.r` if the text contains `se`. */
  written(path: Path): Path;
}

export function longForm(located: Located): LongForm {
  const written = spelling(located.value, []);
  return {
    value: lengthened(located.value, []),
    written,
    locate: (path, part) => located.locate(written(path), part),
  };
}

/** The path in the long form for a path as the user wrote it, such as that of a diagnostic. */
export function placeOf(path: Path, { written }: Pick<LongForm, "written">): Path {
  const long = longPath(path);
  return isDeepStrictEqual(written(long), path) ? long : path;
}

/** `network.se.r` -> `network.attention.r`; other paths are returned unchanged. */
export function longPath(path: Path): Path {
  const step = gateStep(path);
  return path[step] === "se" ? path.with(step, "attention") : path;
}

/**
 * A replacement in the long form. Mistakes keep their short form, so that they are reported as such: a value of `se` that is
 * not a gate, or a key of `se` in a place that has a gate of another type.
 */
export function longReplacement(root: unknown, { path, value }: Replacement): Replacement {
  const step = gateStep(path);
  if (path[step] !== "se") return { path, value: lengthened(value, path) };
  const long = longPath(path);
  if (step < path.length - 1) {
    const gate = valueAt(root, long.slice(0, step + 1));
    return isMapping(gate) && gate.type !== "se" ? { path, value } : { path: long, value };
  }
  const fits = path.includes(ANY_DEPTH) || value === null || isShortGate(value);
  return fits ? { path: long, value: longGate(value) } : { path, value };
}

/** A place that a path with `**` matches, spelled with the key of that path: `se` or `attention`. */
export function spelledAs(place: Path, path: Path): Path {
  const step = gateStep(place);
  return path[gateStep(path)] === "se" && place[step] === "attention" ? place.with(step, "se") : place;
}

/** The mapping to create at a step of a path where there is none yet: a gate of type `se` if the step is spelled `se`. */
export function newMapping(path: Path, { spelled, depth }: { spelled: Path; depth: number }): object {
  return path[depth] === spelled[depth] ? {} : { type: "se" };
}

/** The other key for the same gate, which is replaced along with it; null if the path does not end in a gate. */
export function otherSpelling(path: Path): string | null {
  const last = path.at(-1);
  if (gateStep(path) !== path.length - 1) return null;
  return last === "se" ? "attention" : last === "attention" ? "se" : null;
}

/** `network.attention` -> `network.se`, its short form; null if the path has no short form. */
export function shortName(path: string): string | null {
  return path.endsWith(".attention") ? path.replace(/attention$/, "se") : null;
}

export const BOTH_SPELLINGS = "`se` is short for `attention: { type: se }`; give only one of them";

/** Checks that no mapping contains both spellings. The value is valid under the schema. */
export function checkSpellings(located: LongForm, report: Report): void {
  const stages = valueAt(located.value, ["network", "stages"]);
  const indices = Array.isArray(stages) ? stages.keys() : [];
  const holders: Path[] = [["network"], ...Array.from(indices, (index) => ["network", "stages", index])];
  for (const holder of holders)
    if (["se", "attention"].every((key) => isWritten(located, [...holder, key])))
      report("both-given", BOTH_SPELLINGS, [...holder, "se"], "key");
}

/** The index in a path where the key of a gate would be: in the network, in a stage, or after `**`. -1 outside of networks. */
function gateStep(path: Path): number {
  if (path[0] !== "network") return -1;
  const glob = path.indexOf(ANY_DEPTH);
  return glob >= 0 ? glob + 1 : path[1] === "stages" ? 3 : 1;
}

/** The long form of the value at a path. Paths at or below a gate are left unchanged. */
function lengthened(value: unknown, at: Path): unknown {
  const step = gateStep(at);
  if (at.length > 0 && step < at.length) return value;
  if (Array.isArray(value)) return value.map((item, index) => lengthened(item, [...at, index]));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) =>
      key === "se" && at.length === step && hasShortForm(value)
        ? ["attention", longGate(child)]
        : [key, lengthened(child, [...at, key])],
    ),
  );
}

/** Converts paths in the long form to the spelling used in `value`, which is written at the path `at`. */
export function spelling(value: unknown, at: Path): LongForm["written"] {
  return (path) => {
    const step = gateStep(path);
    const isShort =
      step < at.length ? at[step] === "se" : hasShortForm(valueAt(value, path.slice(at.length, step)));
    return isShort && path[step] === "attention" ? path.with(step, "se") : path;
  };
}

function hasShortForm(holder: unknown): boolean {
  return (
    isMapping(holder) &&
    Object.hasOwn(holder, "se") &&
    !Object.hasOwn(holder, "attention") &&
    isShortGate(holder.se)
  );
}

function isShortGate(value: unknown): boolean {
  return value === "off" || (isMapping(value) && !Object.hasOwn(value, "type"));
}

function longGate(value: unknown): unknown {
  return isMapping(value) ? { type: "se", ...value } : value;
}
