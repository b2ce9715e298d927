// The schema of experiments -> the schema of a variant's `set`: every path in an experiment, and the values allowed there.

import { isDeepStrictEqual } from "node:util";
import { forEditors } from "./for-editors.js";
import { mapValues, resolve, type Schema, type Schemas } from "./json-schema.js";

/** An axis, which `set` allows in place of any string or number. */
const AXIS: Schema = { type: "string", pattern: "\\$\\{\\w+\\}" };
const NOTHING: Schema = { type: "null" };

export function setForEditors(sweep: Schema, experiment: Schema): Schema {
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
    if (value[keyword]) return { ...value, [keyword]: withAxis([...(value[keyword] as Schema[]), NOTHING]) };
  return { description: whole.description, anyOf: withAxis([value, NOTHING]) };
}

/** An axis may stand for a whole list or mapping, too. */
function withAxis(kinds: readonly Schema[]): Schema[] {
  const isAxis = ({ pattern, anyOf = [] }: Schema): boolean =>
    pattern === AXIS.pattern || (anyOf as Schema[]).some(isAxis);
  return kinds.some(isAxis) ? [...kinds] : [...kinds, AXIS];
}

/** The index of the first item, which represents all items. */
const INDEX = 0;
type Step = string | typeof INDEX;
const ANYTHING: Schema = {};

/** Every path below a schema, and the values allowed there. Nested lists (in the modules of a stage) are not checked. */
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

/** The schemas of each key or item, from all alternatives that have it. */
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

/** One schema for all alternatives; defaults that differ between them are dropped. */
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
