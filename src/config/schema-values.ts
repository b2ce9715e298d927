// A schema -> values that it might allow, to find out what another value of a key would change.

import type { Path } from "../diagnostic.js";
import { branchFor, resolve, SCHEMAS, type Schema, type SchemaName, schemaAt, tagValues } from "./schema.js";

/**
 * Alternatives to the value at a path of a valid document, a few of each kind: values that the schema lists, or nearby
 * numbers. Some of them may be invalid.
 */
export function otherValues(name: SchemaName, value: unknown, path: Path): unknown[] {
  const root = SCHEMAS[name];
  const place = schemaAt(root, value, path);
  if (place === null) return [];
  const { schema, here } = place;
  if (typeof here === "boolean") return [!here];
  const branches = [schema, ...(resolve(schema, root).anyOf ?? [])].map((one) => resolve(one, root));
  const listed = branches.flatMap((one) => [...(one.enum ?? []), ...("const" in one ? [one.const] : [])]);
  const numbers = branches.some(({ type }) => type === "integer" || type === "number")
    ? [1, 2, 3, 5, 8, 0.5, ...(typeof here === "number" ? [here + 1, 2 * here] : [])]
    : [];
  const texts = branches.some(({ type }) => type === "string") ? ["x"] : [];
  return [...listed, ...numbers, ...texts].filter((other) => other !== here);
}

/** Required keys that a mapping is missing, each with a possible value. Keys for which none can be derived are left out. */
export function missingKeys(name: SchemaName, value: unknown, path: Path): { key: string; value: unknown }[] {
  const root = SCHEMAS[name];
  const { schema, here } = schemaAt(root, value, path) ?? {};
  if (schema === undefined || typeof here !== "object" || here === null) return [];
  const { required = [], properties = {} } = branchFor(schema, here, root);
  return required
    .filter((key) => !Object.hasOwn(here, key))
    .flatMap((key) => {
      const child = properties[key] ?? {};
      const [first] = [...someValue(child, root), ...(resolve(child, root).examples ?? [])];
      return first === undefined ? [] : [{ key, value: first }];
    });
}

function someValue(schema: Schema, root: Schema): unknown[] {
  const resolved = resolve(schema, root);
  const tag = resolved.discriminator?.propertyName;
  if (tag !== undefined) return [{ [tag]: tagValues(resolved, tag)[0] }];
  if (resolved.type === "array") return [someValue(resolved.items ?? {}, root).slice(0, 1)];
  if (resolved.type === "string") return ["x"];
  return resolved.type === "integer" || resolved.type === "number" ? [1] : [];
}
