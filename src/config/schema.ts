// A located value against a JSON Schema -> diagnostics; and the schema's defaults filled in.

import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { Diagnostic, Path } from "../diagnostic.js";
import type { LongForm } from "./shorthand.js";
import { didYouMean, nearest } from "./suggest.js";

export type SchemaName = "experiment" | "sweep";

type Schema = { readonly [key: string]: unknown };

const SCHEMAS: Readonly<Record<SchemaName, Schema>> = {
  experiment: readSchema("experiment"),
  sweep: readSchema("sweep"),
};

/** Compiles a schema at its first use and keeps it: a sweep validates an experiment for each variant. */
const VALIDATORS = new Ajv({
  allErrors: true,
  verbose: true,
  discriminator: true,
  strict: false,
  strictNumbers: true,
  schemas: { [fileOf("experiment")]: SCHEMAS.experiment, [fileOf("sweep")]: SCHEMAS.sweep },
});

/** More mistakes than anyone reads. */
const MAX_ERRORS = 1000;

/** Validates against a schema. All errors of the value, unsorted; none means that it is valid. */
export function validateSchema(name: SchemaName, located: LongForm): Diagnostic[] {
  const validate = VALIDATORS.getSchema(fileOf(name)) as ValidateFunction;
  if (validate(located.value)) return [];
  // A key that is no name is reported as such; which pattern it breaks comes in front of that.
  const errors = (validate.errors ?? []).filter((error) => error.propertyName === undefined);
  return explainAnyOf(errors.slice(0, MAX_ERRORS)).map((error) => toDiagnostic(error, located));
}

/** A deep copy of a valid value in which every absent key that has a default is present. */
export function fillDefaults(name: SchemaName, value: unknown): unknown {
  return fill(SCHEMAS[name], value, SCHEMAS[name]);
}

/**
 * Other values than the one at a path of a valid value, a few of each kind: what the schema lists, or numbers around it.
 * Not all of them need be valid.
 */
export function otherValues(name: SchemaName, value: unknown, path: Path): unknown[] {
  const root = SCHEMAS[name];
  const place = schemaAt(root, value, path);
  if (place === null) return [];
  const { schema, here } = place;
  if (typeof here === "boolean") return [!here];
  const branches = [schema, ...((resolve(schema, root).anyOf ?? []) as Schema[])].map((one) =>
    resolve(one, root),
  );
  const listed = branches.flatMap((one) => [
    ...((one.enum ?? []) as unknown[]),
    ...("const" in one ? [one.const] : []),
  ]);
  const numbers = branches.some(({ type }) => type === "integer" || type === "number")
    ? [1, 2, 3, 5, 8, 0.5, ...(typeof here === "number" ? [here + 1, 2 * here] : [])]
    : [];
  const texts = branches.some(({ type }) => type === "string") ? ["x"] : [];
  return [...listed, ...numbers, ...texts].filter((other) => other !== here);
}

/** Keys that a mapping needs and lacks, each with a value it might have; without those of which the schema knows none. */
export function missingKeys(name: SchemaName, value: unknown, path: Path): { key: string; value: unknown }[] {
  const root = SCHEMAS[name];
  const place = schemaAt(root, value, path);
  if (place === null || typeof place.here !== "object" || place.here === null) return [];
  const branch = branchFor(place.schema, place.here, root);
  const missing = ((branch.required ?? []) as string[]).filter(
    (key) => !Object.hasOwn(place.here as object, key),
  );
  return missing.flatMap((key) => {
    const child = ((branch.properties ?? {}) as Record<string, Schema>)[key] ?? {};
    const [first] = [...someValue(child, root), ...((resolve(child, root).examples ?? []) as unknown[])];
    return first === undefined ? [] : [{ key, value: first }];
  });
}

function someValue(schema: Schema, root: Schema): unknown[] {
  const resolved = resolve(schema, root);
  const tag = (resolved.discriminator as { propertyName: string } | undefined)?.propertyName;
  if (tag !== undefined) return [{ [tag]: tagValues(resolved, tag)[0] }];
  if (resolved.type === "array") return [someValue((resolved.items ?? {}) as Schema, root).slice(0, 1)];
  return resolved.type === "string"
    ? ["x"]
    : resolved.type === "integer" || resolved.type === "number"
      ? [1]
      : [];
}

/** The schema of the value at a path, and the value; null where there is no such place. */
function schemaAt(root: Schema, value: unknown, path: Path): { schema: Schema; here: unknown } | null {
  let [schema, here] = [root, value];
  for (const step of path) {
    if (typeof here !== "object" || here === null) return null;
    const branch = branchFor(schema, here, root);
    const child = Array.isArray(here) ? branch.items : (branch.properties as Record<string, Schema>)?.[step];
    [schema, here] = [(child ?? {}) as Schema, (here as Record<string, unknown>)[step]];
  }
  return { schema, here };
}

function fileOf(name: SchemaName): string {
  return `${name}.schema.json`;
}

function readSchema(name: SchemaName): Schema {
  const file = new URL(`../../../schemas/${fileOf(name)}`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Schema;
}

/**
 * "Not valid under any of the given schemas" helps nobody: where one alternative fits the kind of the value, its own
 * errors stand; where none does, one error lists the alternatives.
 */
function explainAnyOf(errors: readonly ErrorObject[]): ErrorObject[] {
  let kept = [...errors];
  for (const anyOf of errors.filter((error) => error.keyword === "anyOf")) {
    const isInner = (error: ErrorObject) =>
      error !== anyOf && `${error.instancePath}/`.startsWith(`${anyOf.instancePath}/`);
    const isKind = (error: ErrorObject) =>
      error.instancePath === anyOf.instancePath && ["type", "const", "enum"].includes(error.keyword);
    const telling = kept.filter((error) => isInner(error) && !isKind(error));
    kept = kept.filter((error) =>
      telling.length > 0 ? error !== anyOf && !(isInner(error) && isKind(error)) : !isInner(error),
    );
  }
  const missingTag = (error: ErrorObject) =>
    error.keyword === "discriminator" && error.params.error === "tag" && error.params.tagValue === undefined;
  return kept.filter(
    (error) =>
      !missingTag(error) ||
      !kept.some((other) => other.keyword === "required" && other.instancePath === error.instancePath),
  );
}

function toDiagnostic(error: ErrorObject, located: LongForm): Diagnostic {
  const path = toPath(error.instancePath);
  const parent = error.parentSchema as Schema;
  const name = (where: Path) => `\`${located.written(where).join(".")}\``;
  const subject = path.length > 0 ? name(path) : "this file";
  const found = `found ${show(error.data)}`;
  const at = (
    code: string,
    message: string,
    where: Path = path,
    part: "key" | "value" = "value",
  ): Diagnostic => ({
    code,
    message,
    path: located.written(where),
    location: located.locate(where, part),
  });
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(error.params.additionalProperty);
      // A key of one value only is what has led to this branch.
      const allowed = Object.entries((parent.properties ?? {}) as Record<string, Schema>)
        .filter(([, child]) => !("const" in child))
        .map(([key]) => key);
      const meant = didYouMean(key, allowed) || `; allowed: ${allowed.join(", ")}`;
      return at("unknown-key", `unknown key \`${key}\` in ${subject}${meant}`, [...path, key], "key");
    }
    case "required":
      return at("missing-key", `${subject} lacks the key \`${error.params.missingProperty}\``, path, "key");
    case "discriminator": {
      const tag = String(error.params.tag);
      const allowed = tagValues(parent, tag);
      const value = error.params.tagValue as unknown;
      if (value === undefined) return at("missing-key", `${subject} lacks the key \`${tag}\``, path, "key");
      return at(
        "not-allowed",
        `${name([...path, tag])} is one of ${allowed.join(", ")}; found ${show(value)}${didYouMean(wordOf(value), allowed)}`,
        [...path, tag],
      );
    }
    case "enum":
    case "const": {
      const allowed = (error.keyword === "enum" ? (error.schema as unknown[]) : [error.schema]).map(String);
      return at(
        "not-allowed",
        `${subject} is one of ${allowed.join(", ")}; ${found}${didYouMean(wordOf(error.data), allowed)}`,
      );
    }
    case "anyOf": {
      const alternatives = (error.schema as Schema[]).map(describe);
      const constants = (error.schema as Schema[]).flatMap((branch) =>
        "const" in branch ? [String(branch.const)] : [],
      );
      const meant = typeof error.data === "string" ? didYouMean(error.data, constants) : "";
      const hint = (error.schema as Schema[]).map((branch) =>
        tagHint(resolve(branch, SCHEMAS.experiment), error.data),
      );
      return at(
        "not-allowed",
        `${subject} is ${alternatives.join(" or ")}; ${found}${hint.find(Boolean) ?? meant}`,
      );
    }
    case "type":
      return at(
        "wrong-type",
        `${subject} must be ${typeWords(error.schema)}; ${found}${tagHint(parent, error.data)}`,
      );
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return at(
        "out-of-range",
        `${subject} must be ${error.params.comparison} ${error.params.limit}; ${found}`,
      );
    case "not":
      return at("out-of-range", `${subject} must be odd; ${found}`);
    case "minItems":
    case "maxItems":
    case "minLength":
    case "maxLength":
    case "minProperties":
      return at("out-of-range", `${subject} ${error.message}`);
    case "uniqueItems": {
      const { i, j } = error.params as { i: number; j: number };
      const repeated = (error.data as unknown[])[i];
      return at("duplicate-value", `${subject} has ${show(repeated)} twice`, [...path, Math.max(i, j)]);
    }
    case "pattern":
      if (String(error.schema).endsWith("%$"))
        return at("not-allowed", `${subject} is a number of epochs or a share of them, as in 50%; ${found}`);
      return at(
        "unsafe-name",
        `${subject} may have letters of any script, digits and . _ = + - (no / or space, a letter or digit first, no dot last); ${found}`,
      );
    case "propertyNames":
      return at(
        "unsafe-name",
        `\`${error.params.propertyName}\` in ${subject} is not a name of an axis: a letter from A to Z, then letters, digits and _`,
        [...path, String(error.params.propertyName)],
        "key",
      );
    default:
      return at("invalid", `${subject} ${error.message}; ${found}`);
  }
}

function toPath(pointer: string): Path {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** `adam` where `{ name: adam }` is meant. */
function tagHint(schema: Schema, data: unknown): string {
  const tag = (schema.discriminator as { propertyName: string } | undefined)?.propertyName;
  if (tag === undefined || typeof data !== "string") return "";
  const value = tagValues(schema, tag).find((one) => one === data) ?? nearest(data, tagValues(schema, tag));
  return value === null ? "" : `; write { ${tag}: ${value} }`;
}

function tagValues(parent: Schema, tag: string): string[] {
  return ((parent.oneOf ?? []) as { properties: Record<string, Schema> }[]).map((branch) =>
    String(branch.properties[tag]?.const),
  );
}

function describe(branch: Schema): string {
  if ("const" in branch) return `\`${branch.const}\``;
  if ("type" in branch) return typeWords(branch.type);
  return branch.$ref === "#/definitions/count" ? "an integer" : "a mapping";
}

function typeWords(type: unknown): string {
  const words: Record<string, string> = {
    object: "a mapping",
    array: "a list",
    string: "a text",
    integer: "an integer",
    number: "a number",
    boolean: "true or false",
  };
  return [type]
    .flat()
    .map((name) => words[String(name)] ?? String(name))
    .join(" or ");
}

/** A value as what it may be a misspelling of. */
function wordOf(value: unknown): string {
  return typeof value === "string" ? value : show(value);
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

function fill(schema: Schema, value: unknown, root: Schema): unknown {
  const branch = branchFor(schema, value, root);
  if (Array.isArray(value))
    return value.map((item) => (branch.items ? fill(branch.items as Schema, item, root) : item));
  if (typeof value !== "object" || value === null || !branch.properties) return value;
  const filled: Record<string, unknown> = { ...value };
  for (const [key, child] of Object.entries(branch.properties as Record<string, Schema>)) {
    const fallback = "default" in child ? child.default : resolve(child, root).default;
    if (filled[key] === undefined && fallback !== undefined) filled[key] = structuredClone(fallback);
    if (filled[key] !== undefined) filled[key] = fill(child, filled[key], root);
  }
  return filled;
}

function branchFor(schema: Schema, value: unknown, root: Schema): Schema {
  const resolved = resolve(schema, root);
  const tag = (resolved.discriminator as { propertyName: string } | undefined)?.propertyName;
  if (tag !== undefined) {
    const chosen = (value as Record<string, unknown>)[tag];
    return (
      (resolved.oneOf as { properties: Record<string, Schema> }[]).find(
        (branch) => branch.properties[tag]?.const === chosen,
      ) ?? resolved
    );
  }
  const kind = Array.isArray(value) ? "array" : typeof value;
  const branches = (resolved.anyOf ?? []) as Schema[];
  const fitting = branches.find((branch) => resolve(branch, root).type === kind);
  return fitting ? branchFor(fitting, value, root) : resolved;
}

function resolve(schema: Schema, root: Schema): Schema {
  const reference = schema.$ref;
  if (typeof reference !== "string" || !reference.startsWith("#/definitions/")) return schema;
  return resolve(
    (root.definitions as Record<string, Schema>)[reference.slice("#/definitions/".length)] ?? {},
    root,
  );
}
