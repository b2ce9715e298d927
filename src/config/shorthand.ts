// `se: { r: 4 }` -> `attention: { type: se, r: 4 }`: values in the long form, and paths between it and the text. The only
// file that knows of `se`.

import { isDeepStrictEqual } from "node:util";
import type { Path, Report } from "../diagnostic.js";
import { ANY_DEPTH, type Replacement, valueAt } from "./reach.js";
import { isMapping, isWritten, type Located } from "./source.js";

/** A located value whose gates all say `attention`. Only a mistaken `se` is left, for validation to find. */
export interface LongForm extends Located {
  /** The path as the text has it: `network.se.r` for `network.attention.r` where `se` was written. */
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

/** Where a path as written, that of a diagnostic, leads in the long form. */
export function placeOf(path: Path, { written }: Pick<LongForm, "written">): Path {
  const long = longPath(path);
  return isDeepStrictEqual(written(long), path) ? long : path;
}

/** `network.se.r` -> `network.attention.r`; any other path as it is. */
export function longPath(path: Path): Path {
  const step = gateStep(path);
  return path[step] === "se" ? path.with(step, "attention") : path;
}

/**
 * A replacement in the long form. One that would be a mistake there keeps its short form: `se` with a value that is no gate,
 * or a key of `se` where there is a gate of another type.
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

/** One of the places that a replacement at any depth stands for, with the key that the replacement names. */
export function spelledAs(place: Path, path: Path): Path {
  const step = gateStep(place);
  return path[gateStep(path)] === "se" && place[step] === "attention" ? place.with(step, "se") : place;
}

/** The mapping that comes to be at a step of a replacement's path because something is set within it. */
export function newMapping(path: Path, { spelled, depth }: { spelled: Path; depth: number }): object {
  return path[depth] === spelled[depth] ? {} : { type: "se" };
}

/** The other key under which a whole gate may stand: whoever replaces the one replaces the other. */
export function otherSpelling(path: Path): string | null {
  const last = path.at(-1);
  if (gateStep(path) !== path.length - 1) return null;
  return last === "se" ? "attention" : last === "attention" ? "se" : null;
}

/** `network.attention` -> `network.se`, which is short for it; null for a path that has no short form. */
export function shortName(path: string): string | null {
  return path.endsWith(".attention") ? path.replace(/attention$/, "se") : null;
}

export const BOTH_SPELLINGS = "`se` is short for `attention: { type: se }`; give only one of them";

/** Of a value valid under the schema: no mapping has both spellings. */
export function checkSpellings(located: LongForm, report: Report): void {
  const stages = valueAt(located.value, ["network", "stages"]);
  const indices = Array.isArray(stages) ? stages.keys() : [];
  const holders: Path[] = [["network"], ...Array.from(indices, (index) => ["network", "stages", index])];
  for (const holder of holders)
    if (["se", "attention"].every((key) => isWritten(located, [...holder, key])))
      report("both-given", BOTH_SPELLINGS, [...holder, "se"], "key");
}

/** Where in a path the key of a gate would be: in the network, in a stage, after `**`. -1 outside of networks. */
function gateStep(path: Path): number {
  if (path[0] !== "network") return -1;
  const glob = path.indexOf(ANY_DEPTH);
  return glob >= 0 ? glob + 1 : path[1] === "stages" ? 3 : 1;
}

/** The long form of a value at a path; a whole gate, or what is within one, is left as it is. */
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

/** Turns paths of the long form into those as written, for the value that is written at a path. */
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
