// A JSON Schema as plain data: what references lead to, and the schemas within a schema.

export type Schema = { readonly [key: string]: unknown };
export type Schemas = Readonly<Record<string, Schema>>;

/** What a reference within the file leads to, with what is written beside it; any other schema as it is. */
export function resolve(schema: Schema, root: Schema): Schema {
  const { $ref, ...rest } = schema;
  const name = typeof $ref === "string" ? /^#\/definitions\/(.*)$/.exec($ref)?.[1] : undefined;
  return name === undefined
    ? schema
    : { ...resolve((root.definitions as Schemas)[name] as Schema, root), ...rest };
}

/** Schema-valued keywords: of one schema, of a list of them, of one for each name. */
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
