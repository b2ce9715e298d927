// A JSON Schema error -> the text of a diagnostic: what is wrong, what was found, what is allowed, and the nearest match.

import type { ErrorObject } from "ajv";
import { nameOf, type Path, type Places } from "../diagnostic.js";
import type { DiagnosticCode } from "../diagnostic-codes.js";
import { didYouMean, nearest } from "../suggest.js";
import { resolve, SCHEMAS, type Schema, tagValues } from "./schema.js";

export function explain(error: ErrorObject, places: Places): Required<Explanation> {
  const path = toPath(error.instancePath);
  const name = (at: Path) => nameOf(at, places);
  const subject = path.length > 0 ? name(path) : "this file";
  const explainKeyword = EXPLANATIONS[error.keyword] ?? explainOther;
  const explained = explainKeyword({ error, path, name, subject, found: `found ${show(error.data)}` });
  return { path, part: "value", ...explained };
}

interface Failure {
  readonly error: ErrorObject;
  readonly path: Path;
  readonly name: (path: Path) => string;
  readonly subject: string;
  readonly found: string;
}

interface Explanation {
  readonly code: DiagnosticCode;
  readonly message: string;
  /** Default: the path of the error. */
  readonly path?: Path;
  /** Default: the value. */
  readonly part?: "key" | "value";
}

type Explain = (failure: Failure) => Explanation;

const tooFew = outOfRange("at least");
const tooMany = outOfRange("at most");

/** Of a list, a string or a mapping. */
function outOfRange(bound: "at least" | "at most"): Explain {
  return ({ error, subject }) => {
    const { limit } = error.params as { limit: number };
    const unit = LENGTH_UNITS[error.keyword.slice(3)] ?? "element";
    const message = `${subject} must have ${bound} ${limit} ${unit}${limit === 1 ? "" : "s"}`;
    return { code: "out-of-range", message };
  };
}

/** What `minItems`, `maxLength` and so on count. */
const LENGTH_UNITS: Readonly<Record<string, string>> = {
  Items: "item",
  Length: "character",
  Properties: "key",
};

/** For lists whose items are mappings with exactly one key, such as transforms. */
const exactlyOneKey: Explain = ({ error, subject }) => {
  const keys = Object.keys(error.data as object).map((key) => `\`${key}\``);
  const found = keys.length === 0 ? "none" : `${keys.join(", ")}; each needs an entry of its own`;
  return { code: "wrong-length", message: `${subject} must have exactly one key; found ${found}` };
};

const keyCount: (otherwise: Explain) => Explain = (otherwise) => (failure) => {
  const { minProperties, maxProperties } = failure.error.parentSchema as Record<string, unknown>;
  return (minProperties === 1 && maxProperties === 1 ? exactlyOneKey : otherwise)(failure);
};

const beyondLimit: Explain = ({ error, subject, found }) => ({
  code: "out-of-range",
  message: `${subject} must be ${error.params.comparison} ${error.params.limit}; ${found}`,
});

const notListed: Explain = ({ error, subject, found }) => {
  const allowed = [error.schema].flat().map(String);
  return {
    code: "not-allowed",
    message: `${subject} must be one of ${allowed.join(", ")}; ${found}${didYouMean(wordOf(error.data), allowed)}`,
  };
};

const explainOther: Explain = ({ error, subject, found }) => ({
  code: "invalid",
  message: `${subject} ${error.message}; ${found}`,
});

/** One explanation per schema keyword. */
const EXPLANATIONS: Readonly<Record<string, Explain>> = {
  additionalProperties: ({ error, path, subject }) => {
    const key = String(error.params.additionalProperty);
    const { properties = {} } = error.parentSchema as Schema;
    // Constants are the tags that have selected this branch, so they are already present.
    const allowed = Object.keys(properties).filter((one) => !("const" in (properties[one] ?? {})));
    const meant = didYouMean(key, allowed) || `; allowed: ${allowed.join(", ")}`;
    const message = `unknown key \`${key}\` in ${subject}${meant}`;
    return { code: "unknown-key", message, path: [...path, key], part: "key" };
  },
  required: ({ error, subject }) => missingKey(subject, error.params.missingProperty as string),
  discriminator: ({ error, path, name, subject }) => {
    const tag = String(error.params.tag);
    const value = error.params.tagValue as unknown;
    if (value === undefined) return missingKey(subject, tag);
    const at = [...path, tag];
    const allowed = tagValues(error.parentSchema as Schema, tag);
    const message = `${name(at)} must be one of ${allowed.join(", ")}; found ${show(value)}${didYouMean(wordOf(value), allowed)}`;
    return { code: "not-allowed", message, path: at };
  },
  enum: notListed,
  const: notListed,
  anyOf: ({ error, subject, found }) => {
    const branches = error.schema as readonly Schema[];
    const alternatives = branches.map(describe).join(" or ");
    const constants = branches.flatMap((branch) => ("const" in branch ? [String(branch.const)] : []));
    const hints = branches.map((branch) => tagHint(resolve(branch, SCHEMAS.experiment), error.data));
    const meant = typeof error.data === "string" ? didYouMean(error.data, constants) : "";
    const message = `${subject} must be ${alternatives}; ${found}${hints.find(Boolean) ?? meant}`;
    return { code: "not-allowed", message };
  },
  type: ({ error, subject, found }) => ({
    code: "wrong-type",
    message: `${subject} must be ${typeWords((error.parentSchema as Schema).type)}; ${found}${tagHint(error.parentSchema as Schema, error.data)}`,
  }),
  minimum: beyondLimit,
  maximum: beyondLimit,
  exclusiveMinimum: beyondLimit,
  exclusiveMaximum: beyondLimit,
  not: ({ subject, found }) => ({ code: "out-of-range", message: `${subject} must be odd; ${found}` }),
  minItems: tooFew,
  maxItems: tooMany,
  minLength: tooFew,
  maxLength: tooMany,
  minProperties: keyCount(tooFew),
  maxProperties: keyCount(tooMany),
  uniqueItems: ({ error, path, subject }) => {
    const { i, j } = error.params as { i: number; j: number };
    const message = `${subject} contains ${show((error.data as unknown[])[i])} twice`;
    return { code: "duplicate-value", message, path: [...path, Math.max(i, j)] };
  },
  pattern: ({ error, subject, found }) => {
    const pattern = String(error.schema);
    if (pattern.includes("\\p{L}"))
      return {
        code: "unsafe-name",
        message: `${subject} may contain only letters of any script, digits and . _ = + -; it must start with a letter or digit and must not end with a dot; ${found}`,
      };
    const { examples = [] } = (error.parentSchema ?? {}) as { examples?: readonly unknown[] };
    const form = pattern.includes("%")
      ? "a number of epochs, a percentage of them such as 50%, or a number of steps such as 32000 steps"
      : `of a form such as ${examples.map(show).join(" or ")}`;
    return { code: "not-allowed", message: `${subject} must be ${form}; ${found}` };
  },
  propertyNames: ({ error, path, subject }) => {
    const key = String(error.params.propertyName);
    const message = `\`${key}\` in ${subject} is not a valid axis name: use a letter from A to Z, then letters, digits and _`;
    return { code: "unsafe-name", message, path: [...path, key], part: "key" };
  },
};

function missingKey(subject: string, key: string): Explanation {
  return { code: "missing-key", message: `${subject} is missing the key \`${key}\``, part: "key" };
}

function toPath(pointer: string): Path {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** A hint where a name such as `adam` was written instead of `{ name: adam }`. */
function tagHint(schema: Schema, data: unknown): string {
  const tag = schema.discriminator?.propertyName;
  if (tag === undefined || typeof data !== "string") return "";
  const value = tagValues(schema, tag).find((one) => one === data) ?? nearest(data, tagValues(schema, tag));
  return value === null ? "" : `; write { ${tag}: ${value} }`;
}

function describe(branch: Schema): string {
  const { type, ...rest } = resolve(branch, SCHEMAS.experiment);
  return "const" in rest ? `\`${rest.const}\`` : typeWords(type ?? "object");
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: "a mapping",
  array: "a list",
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
};

function typeWords(type: Schema["type"]): string {
  return [type ?? "anything"]
    .flat()
    .map((name) => TYPE_WORDS[name] ?? name)
    .join(" or ");
}

/** The text of a value, to be compared with the allowed words. */
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
