// How far an override reaches: the places that `**` matches, and the stages that keep their own values.

import { isDeepStrictEqual } from "node:util";
import type { Path } from "../diagnostic.js";
import { isMapping, valueAt } from "./source.js";

/** A step of a path that matches any number of steps, as in `network.**.attention`. */
export const ANY_DEPTH = "**";

export interface Replacement {
  readonly path: Path;
  readonly value: unknown;
}

/**
 * The places that a path with `**` matches: every mapping below the part before `**` that has the key after it. For
 * `attention`, these are all gates in blocks and modules, and the network itself if any stage inherits from it. Empty if
 * nothing matches.
 */
export function everywhere(root: unknown, { path, value }: Replacement): Replacement[] {
  const split = path.indexOf(ANY_DEPTH);
  const [before, [key, ...rest]] = [path.slice(0, split), path.slice(split + 1)];
  if (key === undefined || split === 0) return [];
  const mappings = mappingsBelow(valueAt(root, before), before);
  const isNetwork = before.length === 1 && before[0] === "network";
  if (!isNetwork || key !== "attention") {
    const holds =
      key === "activation" && isNetwork
        ? namesActivation
        : ({ mapping }: MappingAt) => Object.hasOwn(mapping, key);
    const inherited = isNetwork && (key === "shortcut" || key === "activation");
    return mappings
      .filter((one) => holds(one) || (inherited && one.path.length === 1))
      .map((one) => ({ path: [...one.path, key, ...rest], value }));
  }
  return [
    // A stage's `r` is short for the ratio of its gate, so it is replaced with the gate.
    ...(rest.length === 0 || rest[0] === "r" ? stageRatios(root) : []),
    ...mappings.flatMap((one): Replacement[] => {
      const path = [...one.path, key, ...rest];
      if (rest.length > 0) return isMapping(one.mapping[key]) ? [{ path, value }] : [];
      const inherits = one.path.length === 1 && value !== null && stagesOf(root).some(isWithoutGate);
      return Object.hasOwn(one.mapping, key) || inherits ? [{ path, value }] : [];
    }),
  ];
}

/** Whether a mapping, which is not a gate, names an activation. `none` is part of the structure: a linear end stays linear. */
function namesActivation({ mapping, path }: MappingAt): boolean {
  return Object.hasOwn(mapping, "activation") && mapping.activation !== "none" && path.at(-1) !== "attention";
}

/** Whether a stage inherits the gate of the network. */
function isWithoutGate(stage: Record<string, unknown>): boolean {
  return !Object.hasOwn(stage, "attention") && !Object.hasOwn(stage, "modules");
}

function stageRatios(root: unknown): Replacement[] {
  return stagesOf(root).flatMap((stage, index) =>
    Object.hasOwn(stage, "r") ? [{ path: ["network", "stages", index, "r"], value: null }] : [],
  );
}

/**
 * The places that keep their own value when an override changes a value that stages inherit from the network. `set`: the
 * paths of all overrides without `**`; a place that one of them sets is meant to differ.
 */
export function unreached(
  root: unknown,
  { override: { path, value }, set }: { override: Replacement; set: readonly Path[] },
): Path[] {
  const [top, key, ...rest] = path;
  if (top !== "network" || value === null) return [];
  if (key === "activation")
    return withoutSet(
      mappingsBelow(valueAt(root, ["network"]), ["network"])
        .filter((one) => one.path.length > 1 && namesActivation(one) && one.mapping.activation !== value)
        .map((one) => [...one.path, key]),
      set,
    );
  if (key !== "shortcut" && key !== "attention") return [];
  const kept = stagesOf(root).flatMap((stage, index): Path[] => {
    const place: Path = ["network", "stages", index];
    if (key === "shortcut") return Object.hasOwn(stage, key) && stage[key] !== value ? [[...place, key]] : [];
    const gates = mappingsBelow(stage, place)
      .filter(({ mapping }) => Object.hasOwn(mapping, key))
      .map(({ mapping, path }) => ({ own: mapping[key], path: [...path, key] }));
    const differing = gates.filter(({ own }) =>
      rest.length > 0
        ? isMapping(own) && !isDeepStrictEqual(valueAt(own, rest), value)
        : !isDeepStrictEqual(own, value),
    );
    const asksForRatio = rest.length > 0 ? rest[0] === "r" : isMapping(value);
    return [
      ...differing.map(({ path }) => path),
      ...(asksForRatio &&
      Object.hasOwn(stage, "r") &&
      stage.r !== (rest.length > 0 ? value : valueAt(value, ["r"]))
        ? [[...place, "r"]]
        : []),
    ];
  });
  return withoutSet(kept, set);
}

/** The places that no override sets by itself. */
function withoutSet(places: readonly Path[], set: readonly Path[]): Path[] {
  return places.filter((place) => !set.some((other) => other.length > 2 && isWithin(place, other)));
}

/** Whether a place is at a path or below it. */
export function isWithin(place: Path, path: Path): boolean {
  return path.length <= place.length && path.every((step, index) => String(step) === String(place[index]));
}

function stagesOf(root: unknown): Record<string, unknown>[] {
  const stages = valueAt(root, ["network", "stages"]);
  return Array.isArray(stages) ? stages.map((stage) => (isMapping(stage) ? stage : {})) : [];
}

interface MappingAt {
  readonly path: Path;
  readonly mapping: Record<string, unknown>;
}

export function mappingsBelow(value: unknown, path: Path): MappingAt[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => mappingsBelow(item, [...path, index]));
  if (!isMapping(value)) return [];
  const inner = Object.entries(value).flatMap(([key, child]) => mappingsBelow(child, [...path, key]));
  return [{ path, mapping: value }, ...inner];
}
