// The schemas -> what editors complete from and check against: yaml-language-server wants other words than ajv, and knows
// the paths of a variant's `set`, whose values ajv sees once they stand in an experiment.

import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";

export type Schema = { readonly [key: string]: unknown };
type Schemas = Readonly<Record<string, Schema>>;

/** What a variant's `set` may have in place of any text or number. */
const AXIS: Schema = { type: "string", pattern: "\\$\\{\\w+\\}" };
const NOTHING: Schema = { type: "null" };

/** By name of the file in schemas/editor/. */
export function editorSchemas(experiment: Schema, sweep: Schema): Schemas {
  return {
    "experiment.schema.json": forEditors(experiment, experiment),
    "sweep.schema.json": sweepForEditors(sweep, experiment),
    "set.schema.json": setForEditors(sweep, experiment),
  };
}

/** An experiment written out needs no name, and may lack what every variant sets. */
function sweepForEditors(sweep: Schema, experiment: Schema): Schema {
  const writtenOut = {
    title: experiment.title,
    type: "object",
    additionalProperties: false,
    properties: mapValues(experiment.properties as Schemas, (_, key) => ({
      $ref: `experiment.schema.json#/properties/${key}`,
    })),
  };
  const properties = sweep.properties as Schemas;
  const base = properties.experiment as Schema;
  const anyOf = (base.anyOf as Schema[]).map((kind) => (kind.type === "object" ? writtenOut : kind));
  const definitions = sweep.definitions as Schemas;
  const variant = definitions.variant as Schema;
  const set = { $ref: "set.schema.json" };
  const linked = {
    ...sweep,
    properties: { ...properties, experiment: { ...base, anyOf } },
    definitions: {
      ...definitions,
      variant: { ...variant, properties: { ...(variant.properties as Schemas), set } },
    },
  };
  return forEditors(linked, linked);
}

function setForEditors(sweep: Schema, experiment: Schema): Schema {
  const { description } =
    childrenOf((sweep.definitions as Schemas).variant as Schema, sweep).get("set")?.[0] ?? {};
  const properties: Record<string, Schema> = {};
  const patternProperties: Record<string, Schema> = {};
  for (const { steps, schema } of pathsOf(experiment, experiment)) {
    const name = steps.join(".");
    const indices = steps.filter((step) => step === INDEX).length;
    const offered = indices === 0 || (indices === 1 && steps.at(-1) !== INDEX);
    const value = schema === ANYTHING ? {} : settable(schema, experiment);
    if (offered) properties[name] = value;
    if (indices > 0)
      patternProperties[patternOf(steps, schema)] = offered ? { $ref: `#/properties/${name}` } : value;
  }
  return {
    $schema: sweep.$schema,
    title: "Set",
    description,
    type: "object",
    properties,
    patternProperties: { ...patternProperties, "\\$\\{\\w+\\}": {}, "(?:^|\\.)\\*\\*(?:\\.|$)": {} },
    additionalProperties: false,
    definitions: mapValues(experiment.definitions as Schemas, (definition) =>
      forEditors(definition, experiment, [AXIS]),
    ),
  };
}

function settable(schema: Schema, root: Schema): Schema {
  const whole = resolve(schema, root);
  const value = forEditors(whole.anyOf ? whole : schema, root, [AXIS]);
  for (const keyword of ["anyOf", "oneOf"])
    if (value[keyword]) return { ...value, [keyword]: [...(value[keyword] as Schema[]), NOTHING] };
  return { description: whole.description, anyOf: [value, NOTHING] };
}

/** Of the first item, which stands for all. */
const INDEX = 0;
type Step = string | typeof INDEX;
const ANYTHING: Schema = {};

/** Every path below a schema, and what may stand there; a list within a list (of a stage's modules) is left open. */
function pathsOf(
  schema: Schema,
  root: Schema,
  above: readonly Step[] = [],
): { steps: Step[]; schema: Schema }[] {
  return [...childrenOf(schema, root)].flatMap(([step, kinds]) => {
    const steps: Step[] = [...above, step];
    if (step === INDEX && above.includes(INDEX)) return [{ steps, schema: ANYTHING }];
    const child = merge(kinds, root);
    return [{ steps, schema: child }, ...pathsOf(child, root, steps)];
  });
}

function patternOf(steps: readonly Step[], schema: Schema): string {
  const words = steps.map((step) => (step === INDEX ? "(?:\\d+|\\$\\{\\w+\\})" : step));
  return `^${words.join("\\.")}${schema === ANYTHING ? "(?:\\..+)?" : ""}$`;
}

/** What each step leads to, in every alternative that has it. */
function childrenOf(schema: Schema, root: Schema): Map<Step, Schema[]> {
  const { properties = {}, items, anyOf, oneOf } = resolve(schema, root);
  const children = new Map<Step, Schema[]>();
  const add = (step: Step, child: Schema) => children.set(step, [...(children.get(step) ?? []), child]);
  for (const [key, child] of Object.entries(properties as Schemas)) add(key, child);
  if (items) add(INDEX, items as Schema);
  for (const alternative of (anyOf ?? oneOf ?? []) as Schema[])
    for (const [step, kinds] of childrenOf(alternative, root)) for (const kind of kinds) add(step, kind);
  return children;
}

/** A default that depends on the alternative is none. */
function merge(kinds: readonly Schema[], root: Schema): Schema {
  const [first, ...others] = kinds as [Schema, ...Schema[]];
  if (others.every((other) => isDeepStrictEqual(other, first))) return first;
  const whole = kinds.map((kind) => {
    const { default: _, ...rest } = resolve(kind, root);
    return rest as Schema;
  });
  if (whole.every((kind) => "const" in kind)) return { enum: whole.map((kind) => kind.const) };
  const anyOf = whole.filter((kind, at) => whole.findIndex((other) => isDeepStrictEqual(other, kind)) === at);
  return anyOf.length === 1 ? (anyOf[0] as Schema) : { description: anyOf[0]?.description, anyOf };
}

/**
 * The same values are valid. Defaults are said in words, as the server shows none; alternatives told apart by a tag list its
 * values, as the server forgets those whose other keys are not there yet; what it would insert is valid and not longer than needed.
 */
function forEditors(schema: Schema, root: Schema, substitutes: readonly Schema[] = []): Schema {
  const whole = resolve(schema, root);
  const { examples, default: fallback, description, ...rest } = isScalar(whole) ? whole : schema;
  const changed = mapSchemas(rest, (child, keyword) => {
    const target = resolve(child, root);
    const made = forEditors(child, root, keyword === "anyOf" && isScalar(target) ? [] : substitutes);
    return keyword === "items" && isScalar(target)
      ? { default: (target.examples as unknown[] | undefined)?.[0], ...made }
      : made;
  });
  const notes = {
    ...describe(description ?? (fallback === undefined ? undefined : whole.description), fallback),
    ...(isPlain(fallback) && !rest.enum ? { default: fallback } : {}),
    // An example of a kind of value is none where there is a default.
    ...suggestions((fallback === undefined ? examples : schema.examples) as readonly unknown[] | undefined),
  };
  if (rest.discriminator) return { ...notes, ...withTags(changed, rest) };
  if (rest.anyOf) {
    const { anyOf, ...others } = changed as { anyOf: Schema[] };
    const types = (rest.anyOf as Schema[]).map((kind) => resolve(kind, root).type);
    return { ...others, ...notes, ...alternatives(anyOf, types, substitutes) };
  }
  // Behind alternatives, a default is inserted with its key, but not with every mapping around it.
  const behind = isScalar(whole) && (substitutes.length > 0 || (fallback !== undefined && !rest.enum));
  return behind ? { ...notes, anyOf: [changed, ...substitutes] } : { ...changed, ...notes };
}

/**
 * Of what is wrong with every alternative the server says what is wrong with the first: lists come before scalars. In `oneOf` it
 * looks whether a mapping is written, too.
 */
function alternatives(
  kinds: readonly Schema[],
  types: readonly unknown[],
  substitutes: readonly Schema[],
): Schema {
  const mappings = kinds.filter((_, at) => types[at] === "object");
  const lists = kinds.filter((_, at) => types[at] === "array");
  const scalars = kinds.filter((kind) => !mappings.includes(kind) && !lists.includes(kind));
  const anyOf = [...lists, ...scalars, ...substitutes];
  return mappings.length === 0 ? { anyOf } : { oneOf: [{ type: "object", anyOf: mappings }, { anyOf }] };
}

function describe(description: unknown, fallback: unknown): Schema {
  const words = description === undefined ? [] : [description];
  if (fallback !== undefined && !isDeepStrictEqual(fallback, {}))
    words.push(`Default: \`${inFlow(fallback)}\`.`);
  return words.length > 0 ? { description: words.join(" ") } : {};
}

/** The server shows an example that is a mapping as [object Object]. */
function suggestions(examples: readonly unknown[] | undefined): Schema {
  if (!examples) return {};
  const mappings = examples.filter(isMapping);
  if (mappings.length === 0) return { examples: examples.filter(isPlain) };
  return {
    defaultSnippets: mappings.map((body) => ({
      label: inFlow(body).slice(1, -1),
      body: mapValues(body, asText),
    })),
  };
}

/** What a snippet inserts: lists in brackets, no `$` of its own. */
function asText(value: unknown): unknown {
  return typeof value === "object" || typeof value === "string"
    ? inFlow(value).replaceAll("$", "\\$")
    : value;
}

function withTags({ oneOf, required: _, ...changed }: Schema, union: Schema): Schema {
  const { propertyName: tag } = union.discriminator as { propertyName: string };
  const tags = (union.oneOf as { properties: Schemas }[]).map(({ properties }) => properties[tag]?.const);
  return { ...changed, properties: { [tag]: { examples: tags } }, anyOf: oneOf };
}

/** Schema-valued keywords: of one schema, of a list of them, of one for each name. */
function mapSchemas(schema: Schema, change: (child: Schema, keyword: string) => Schema): Schema {
  return mapValues(schema, (value, keyword) => {
    if (keyword === "properties" || keyword === "definitions")
      return mapValues(value as Schemas, (child) => change(child, keyword));
    if (keyword === "anyOf" || keyword === "oneOf")
      return (value as Schema[]).map((child) => change(child, keyword));
    const isSchema = ["items", "additionalProperties", "propertyNames"].includes(keyword) && isMapping(value);
    return isSchema ? change(value, keyword) : value;
  });
}

function resolve(schema: Schema, root: Schema): Schema {
  const { $ref, ...rest } = schema;
  const name = typeof $ref === "string" ? /^#\/definitions\/(.*)$/.exec($ref)?.[1] : undefined;
  return name === undefined
    ? schema
    : { ...resolve((root.definitions as Schemas)[name] as Schema, root), ...rest };
}

function isScalar(schema: Schema): boolean {
  const types = [schema.type ?? []].flat();
  return "const" in schema || "enum" in schema || types.some((type) => type !== "object" && type !== "array");
}

/** A value that stands on one line, or a list of such. */
function isPlain(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every((item) => typeof item !== "object")
    : ["string", "number", "boolean"].includes(typeof value);
}

function isMapping(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inFlow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
}

function mapValues<Value, Result>(
  record: { readonly [key: string]: Value },
  change: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
