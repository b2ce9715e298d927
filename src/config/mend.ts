// A value with mistakes -> the same value with as few as possible, so that the mistakes they hide can be found.

import type { Diagnostic, Path } from "../diagnostic.js";
import { isWithin } from "./reach.js";
import type { SchemaName } from "./schema.js";
import { missingKeys, otherValues } from "./schema-values.js";
import { valueAt } from "./source.js";

interface MendParts {
  /** The path within the value that the path of a diagnostic refers to. */
  readonly placeOf: (path: Path) => Path;
  readonly diagnostics: readonly Diagnostic[];
  readonly schema: SchemaName;
  /** The number of mistakes in a value; a change is kept if it lowers this number. */
  readonly mistakesIn: (value: unknown) => number;
}

/**
 * For each mistake, adds what is missing, replaces the value or removes it: the first change that leaves fewer mistakes is
 * kept. The changed places no longer say what the user meant.
 */
function mended(value: unknown, { diagnostics, placeOf, schema, mistakesIn }: MendParts): unknown {
  let best = value;
  let left = mistakesIn(best);
  for (const { path } of diagnostics)
    for (const candidate of candidates(best, placeOf(path), schema)) {
      const count = mistakesIn(candidate);
      if (count >= left) continue;
      [best, left] = [candidate, count];
      break;
    }
  return best;
}

/** The result of checking a value once. `isLast`: none of its mistakes can hide others. */
export interface Look {
  readonly diagnostics: readonly Diagnostic[];
  readonly isLast: boolean;
}

/** How often mistakes are removed and the rest is checked again. */
const ROUNDS = 3;

/** The mistakes found in all rounds, except those in places that were changed in an earlier round. */
export function mistakesOfAllRounds(
  start: unknown,
  { look, ...parts }: Omit<MendParts, "diagnostics"> & { look(value: unknown): Look },
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const changed: Path[] = [];
  let value = start;
  for (let round = 0; round < ROUNDS; round++) {
    const { diagnostics, isLast } = look(value);
    found.push(...diagnostics.filter(({ path }) => !changed.some((place) => touches(place, path))));
    if (isLast) break;
    value = mended(value, { diagnostics, ...parts });
    changed.push(...diagnostics.map(({ path }) => path));
  }
  return found;
}

/** More than the number of other mistakes can be. */
const SCHEMA_FIRST = 10_000;

/** Schema mistakes outweigh all others, which are only counted if the value is valid under the schema. */
export function weighed(ofSchema: number, others: () => number): number {
  return ofSchema > 0 ? SCHEMA_FIRST * ofSchema : others();
}

/** Whether one of two paths is a prefix of the other. */
function touches(one: Path, other: Path): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

function candidates(value: unknown, path: Path, schema: SchemaName): unknown[] {
  const parent = parentAt(value, path);
  const added = missingKeys(schema, value, path).map(({ key, value: given }) =>
    changed(value, [...path, key], (mapping) => {
      mapping[key] = given;
    }),
  );
  if (path.length === 0 || parent === null) return added;
  const last = String(path.at(-1));
  const replaced = otherValues(schema, value, path).map((other) =>
    changed(value, path, (mapping) => {
      mapping[last] = other;
    }),
  );
  const without = changed(value, path, (mapping) => {
    if (Array.isArray(mapping)) mapping.splice(Number(last), 1);
    else delete mapping[last];
  });
  return [...added, ...replaced, without];
}

function changed(value: unknown, path: Path, change: (parent: Record<string, unknown>) => void): unknown {
  const copy = structuredClone(value);
  change(parentAt(copy, path) as Record<string, unknown>);
  return copy;
}

/** The mapping or list that contains the last step of a path; null if there is none. */
function parentAt(root: unknown, path: Path): object | null {
  const parent = valueAt(root, path.slice(0, -1));
  return typeof parent === "object" ? parent : null;
}
