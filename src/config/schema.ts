// The JSON Schemas of experiments and sweeps, and finding the part of a schema that applies to a value.

import { readFileSync } from "node:fs";
import type { Path } from "../diagnostic.js";

export type SchemaName = "experiment" | "sweep" | "launcher";

/** The schema keywords that this program reads. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Schemas;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  /** Each branch has a different constant for the key that the discriminator names. */
  readonly oneOf?: readonly Schema[];
  readonly discriminator?: { readonly propertyName: string };
  readonly definitions?: Schemas;
}

export type Schemas = Readonly<Record<string, Schema>>;

const SWEEP = readSchema("sweep");

/** A launcher is a part of a sweep, or a file of its own. */
export const SCHEMAS: Readonly<Record<SchemaName, Schema>> = {
  experiment: readSchema("experiment"),
  sweep: SWEEP,
  launcher: SWEEP.definitions?.launcher ?? {},
};

/** The name by which schemas refer to each other. */
export function fileOf(name: SchemaName): string {
  return `${name}.schema.json`;
}

function readSchema(name: "experiment" | "sweep"): Schema {
  const file = new URL(`../../../schemas/${fileOf(name)}`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Schema;
}

/** The value at a path and its schema; null if the path does not exist. */
export function schemaAt(
  root: Schema,
  value: unknown,
  path: Path,
): { readonly schema: Schema; readonly here: unknown } | null {
  let [schema, here] = [root, value];
  for (const step of path) {
    if (typeof here !== "object" || here === null) return null;
    const branch = branchFor(schema, here, root);
    const child = Array.isArray(here) ? branch.items : branch.properties?.[step];
    [schema, here] = [child ?? {}, (here as Record<string, unknown>)[step]];
  }
  return { schema, here };
}

/** The alternative of a schema that applies to a value, by its tag or else by its type. */
export function branchFor(schema: Schema, value: unknown, root: Schema): Schema {
  const resolved = resolve(schema, root);
  if (resolved.discriminator) {
    const { propertyName } = resolved.discriminator;
    const chosen = (value as Record<string, unknown>)[propertyName];
    return resolved.oneOf?.find(({ properties }) => properties?.[propertyName]?.const === chosen) ?? resolved;
  }
  const kind = Array.isArray(value) ? "array" : typeof value;
  const fitting = resolved.anyOf?.find((branch) => resolve(branch, root).type === kind);
  return fitting ? branchFor(fitting, value, root) : resolved;
}

/** Follows a reference; returns any other schema unchanged. */
export function resolve(schema: Schema, root: Schema): Schema {
  const name = /^#\/definitions\/(.*)$/.exec(schema.$ref ?? "")?.[1];
  return name === undefined ? schema : resolve(root.definitions?.[name] ?? {}, root);
}

/** The value of the tag in each alternative. */
export function tagValues({ oneOf = [] }: Schema, tag: string): string[] {
  return oneOf.map(({ properties }) => String(properties?.[tag]?.const));
}
