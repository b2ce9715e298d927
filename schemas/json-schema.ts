// A JSON Schema as plain data: following references, and visiting the schemas within a schema.

export type Schema = { readonly [key: string]: unknown };
export type Schemas = Readonly<Record<string, Schema>>;

/** Follows a reference within the file and keeps the keywords next to it; returns any other schema unchanged. */
export function resolve(schema: Schema, root: Schema): Schema {
  const { $ref, ...rest } = schema;
  const name = typeof $ref === "string" ? /^#\/definitions\/(.*)$/.exec($ref)?.[1] : undefined;
  return name === undefined
    ? schema
    : { ...resolve((root.definitions as Schemas)[name] as Schema, root), ...rest };
}

/** Changes the schemas in all keywords that contain a schema, a list of schemas, or a schema per name. */
export function mapSchemas(schema: Schema, change: (child: Schema, keyword: string) => Schema): Schema {
  return mapValues(schema, (value, keyword) => {
    if (keyword === "properties" || keyword === "definitions")
      return mapValues(value as Schemas, (child) => change(child, keyword));
    if (keyword === "anyOf" || keyword === "oneOf")
      return (value as Schema[]).map((child) => change(child, keyword));
    const isSchema = ["items", "additionalProperties", "propertyNames"].includes(keyword) && isMapping(value);
    return isSchema ? change(value, keyword) : value;
  });
}

export function isMapping(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function mapValues<Value, Result>(
  record: { readonly [key: string]: Value },
  change: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
