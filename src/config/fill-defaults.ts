// A valid value -> the same value with all defaults of its schema filled in.

import { branchFor, resolve, SCHEMAS, type Schema, type SchemaName } from "./schema.js";

/** A deep copy of a valid value with all missing keys that have a default. */
export function fillDefaults(name: SchemaName, value: unknown): unknown {
  return fill(SCHEMAS[name], value, SCHEMAS[name]);
}

function fill(schema: Schema, value: unknown, root: Schema): unknown {
  const branch = branchFor(schema, value, root);
  if (Array.isArray(value))
    return value.map((item) => (branch.items ? fill(branch.items, item, root) : item));
  if (typeof value !== "object" || value === null || !branch.properties) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [key, child] of Object.entries(branch.properties)) {
    const fallback = "default" in child ? child.default : resolve(child, root).default;
    if (filled[key] === undefined && fallback !== undefined) filled[key] = structuredClone(fallback);
    if (filled[key] !== undefined) filled[key] = fill(child, filled[key], root);
  }
  return filled;
}
