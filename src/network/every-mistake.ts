// An experiment with mistakes -> all of them, also those that the first ones would hide.

import { checkExperiment, type DatasetSpec } from "../config/experiment.js";
import { otherValues, validateSchema } from "../config/schema.js";
import type { Located } from "../config/source.js";
import type { Diagnostic, Path } from "../diagnostic.js";
import { buildNetwork, type NetworkInput } from "./build-network.js";
import { checkBuilt } from "./check-built.js";

export interface MistakeParts {
  readonly located: Located;
  /** The folder that relative paths of the experiment start at. */
  readonly directory: string;
  /** Null where the data are not there. */
  readonly inputOf: (dataset: DatasetSpec) => NetworkInput | null;
}

/** Keys that exclude each other are looked at when each is right by itself, the network when all keys are. */
const STAGES = 3;

/**
 * What is wrong is taken away or replaced by what is right, and the rest looked at again; what is said of a place that was
 * changed so is left out.
 */
export function everyMistake({ located, directory, inputOf }: MistakeParts): Diagnostic[] {
  const found: Diagnostic[] = [];
  const changed: Path[] = [];
  let current = located;
  for (let stage = 0; stage < STAGES; stage++) {
    const checked = checkExperiment(current, directory);
    const own = checked.ok ? ofNetwork({ located: current, directory, inputOf }) : checked.diagnostics;
    found.push(...own.filter(({ path }) => !changed.some((place) => touches(place, path))));
    if (checked.ok) break;
    const value = mended(current, { diagnostics: own, directory });
    if (value === undefined) break;
    changed.push(...own.map(({ path }) => path));
    current = { ...located, value };
  }
  return found;
}

function ofNetwork({ located, directory, inputOf }: MistakeParts): Diagnostic[] {
  const checked = checkExperiment(located, directory);
  const input = checked.ok ? inputOf(checked.value.dataset) : null;
  if (!checked.ok || !input) return [];
  const graph = buildNetwork(checked.value.network, input);
  return checkBuilt({ located, directory, experiment: checked.value, graph, input });
}

/** The value without the mistakes; undefined where not all can be taken away. */
function mended(
  located: Located,
  { diagnostics, directory }: { diagnostics: readonly Diagnostic[]; directory: string },
): unknown {
  const mistakesIn = (value: unknown) => {
    const errors = validateSchema("experiment", { ...located, value }).length;
    if (errors > 0) return SCHEMA_FIRST * errors;
    const checked = checkExperiment({ ...located, value }, directory);
    return checked.ok ? 0 : checked.diagnostics.length;
  };
  const isOfSchema = validateSchema("experiment", located).length > 0;
  let value = located.value;
  let left = mistakesIn(value);
  for (const { path } of diagnostics)
    for (const candidate of candidates(value, path)) {
      const count = mistakesIn(candidate);
      if (count >= left) continue;
      [value, left] = [candidate, count];
      break;
    }
  return left === 0 || (isOfSchema && left < SCHEMA_FIRST) ? value : undefined;
}

/** More than there are mistakes across keys. */
const SCHEMA_FIRST = 10_000;

/** The value with other values at a path, and with the key taken away. */
function candidates(value: unknown, path: Path): unknown[] {
  if (path.length === 0 || parentAt(value, path) === null) return [];
  const changed = (change: (parent: Record<string, unknown>, key: string) => void) => {
    const copy = structuredClone(value);
    change(parentAt(copy, path) as Record<string, unknown>, String(path.at(-1)));
    return copy;
  };
  const isItem = Array.isArray(parentAt(value, path));
  return [
    ...otherValues("experiment", value, path).map((other) =>
      changed((parent, key) => {
        parent[key] = other;
      }),
    ),
    ...(isItem ? [] : [changed((parent, key) => delete parent[key])]),
  ];
}

/** The mapping or list that a path ends in; null where there is none. */
function parentAt(root: unknown, path: Path): object | null {
  let here = root;
  for (const step of path.slice(0, -1)) {
    if (typeof here !== "object" || here === null) return null;
    here = (here as Record<string, unknown>)[step];
  }
  return typeof here === "object" ? here : null;
}

/** One of two paths begins with the other. */
function touches(one: Path, other: Path): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length).every((step, index) => String(step) === String(other[index]));
}
