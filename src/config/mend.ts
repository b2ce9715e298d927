// A value with mistakes -> the same without them, as far as it goes: so that what else is wrong can be found.

import type { Diagnostic, Path } from "../diagnostic.js";
import type { SchemaName } from "./schema.js";
import { missingKeys, otherValues } from "./schema-values.js";

interface MendParts {
  /** Where in the value the path of a diagnostic leads. */
  readonly placeOf: (path: Path) => Path;
  readonly diagnostics: readonly Diagnostic[];
  readonly schema: SchemaName;
  /** How many a value has: one that has fewer is nearer to what is looked for. */
  readonly mistakesIn: (value: unknown) => number;
}

/**
 * Each wrong place gets another value or is taken away, whichever leaves fewer mistakes; what is missing is added. Places that
 * were changed say nothing of what was meant.
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

/** What a look at a value finds; `isLast`: no mistake of it hides another. */
export interface Look {
  readonly diagnostics: readonly Diagnostic[];
  readonly isLast: boolean;
}

/** So often what is wrong is taken away, and the rest looked at again. */
const ROUNDS = 3;

/** What every look finds, but for what it says of places that were changed for it. */
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

/** More than there are mistakes across keys. */
const SCHEMA_FIRST = 10_000;

/** Mistakes of the schema count before all others, which are looked for where there are none. */
export function weighed(ofSchema: number, others: () => number): number {
  return ofSchema > 0 ? SCHEMA_FIRST * ofSchema : others();
}

/** One of two paths begins with the other. */
function touches(one: Path, other: Path): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length).every((step, index) => String(step) === String(other[index]));
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

/** The mapping or list that a path ends in; null where there is none. */
function parentAt(root: unknown, path: Path): object | null {
  let here = root;
  for (const step of path.slice(0, -1)) {
    if (typeof here !== "object" || here === null) return null;
    here = (here as Record<string, unknown>)[step];
  }
  return typeof here === "object" ? here : null;
}
