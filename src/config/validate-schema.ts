// A located value and a JSON Schema -> diagnostics.

import { createRequire } from "node:module";
import type { ErrorObject, ValidateFunction } from "ajv";
import { collect, type Diagnostic } from "../diagnostic.js";
import type { SchemaName } from "./schema.js";
import { explain } from "./schema-messages.js";
import type { Located } from "./source.js";

/** What ajv makes of the schemas. `schemas/write-validators` writes the file when the program is built. */
const VALIDATORS = createRequire(import.meta.url)("./validators.cjs") as Readonly<
  Record<SchemaName, ValidateFunction>
>;

/** More errors than anyone would read. */
const MAX_ERRORS = 1000;

/** Returns all errors, unsorted; an empty list means that the value is valid. */
export function validateSchema(name: SchemaName, located: Located): Diagnostic[] {
  const validate = VALIDATORS[name];
  if (validate(located.value)) return [];
  // For an invalid key, ajv reports both the key and the pattern that it violates; the first is enough.
  const errors = (validate.errors ?? []).filter((error) => error.propertyName === undefined);
  return collect(located, (report) => {
    for (const error of withoutAlternatives(errors.slice(0, MAX_ERRORS))) {
      const { code, message, path, part } = explain(error, located);
      report(code, message, path, part);
    }
  });
}

/**
 * Replaces "not valid under any of the given schemas", which helps nobody: if one alternative fits the type of the value,
 * only the errors of that alternative are kept; otherwise, a single error lists all alternatives.
 */
function withoutAlternatives(errors: readonly ErrorObject[]): ErrorObject[] {
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
