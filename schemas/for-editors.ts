// A schema written for ajv -> an equivalent schema from which yaml-language-server completes well.

import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { isMapping, mapSchemas, mapValues, resolve, type Schema, type Schemas } from "./json-schema.js";

/**
 * Both schemas allow the same values. Descriptions include the default, because the server does not show it. The values of a
 * tag are listed, because the server ignores alternatives whose other keys are still missing. Inserted text is valid and short.
 */
export function forEditors(schema: Schema, root: Schema, substitutes: readonly Schema[] = []): Schema {
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
    // The examples of a definition do not apply to a key that has a default.
    ...suggestions((fallback === undefined ? examples : schema.examples) as readonly unknown[] | undefined),
  };
  if (rest.discriminator) return { ...notes, ...withTags(changed, rest) };
  if (rest.anyOf) {
    const { anyOf, ...others } = changed as { anyOf: Schema[] };
    const types = (rest.anyOf as Schema[]).map((kind) => resolve(kind, root).type);
    return { ...others, ...notes, ...alternatives(anyOf, types, substitutes) };
  }
  // Within `anyOf`, a default is inserted together with its key, but not with every enclosing mapping.
  const behind = isScalar(whole) && (substitutes.length > 0 || (fallback !== undefined && !rest.enum));
  return behind ? { ...notes, anyOf: [changed, ...substitutes] } : { ...changed, ...notes };
}

/**
 * If no alternative matches, the server reports the errors of the first one, so lists come before scalars. In `oneOf`, it also
 * takes into account whether the value is a mapping.
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

/** Examples that are mappings become snippets, because the server shows them as [object Object]. */
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

/** The text that a snippet inserts: lists in flow style, with `$` escaped. */
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

function isScalar(schema: Schema): boolean {
  const types = [schema.type ?? []].flat();
  return "const" in schema || "enum" in schema || types.some((type) => type !== "object" && type !== "array");
}

/** Whether a value is a scalar or a list of scalars. */
function isPlain(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every((item) => typeof item !== "object")
    : ["string", "number", "boolean"].includes(typeof value);
}

function inFlow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
}
