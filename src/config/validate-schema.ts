// A located value against a JSON Schema -> diagnostics.

import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { collect, type Diagnostic } from "../diagnostic.js";
import { fileOf, SCHEMAS, type SchemaName } from "./schema.js";
import { explain } from "./schema-messages.js";
import type { Located } from "./source.js";

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
export function validateSchema(name: SchemaName, located: Located): Diagnostic[] {
  const validate = VALIDATORS.getSchema(fileOf(name)) as ValidateFunction;
  if (validate(located.value)) return [];
  // A key that is no name is reported as such; which pattern it breaks comes in front of that.
  const errors = (validate.errors ?? []).filter((error) => error.propertyName === undefined);
  return collect(located, (report) => {
    for (const error of withoutAlternatives(errors.slice(0, MAX_ERRORS))) {
      const { code, message, path, part } = explain(error, located);
      report(code, message, path, part);
    }
  });
}

/**
 * "Not valid under any of the given schemas" helps nobody: where one alternative fits the kind of the value, its own
 * errors stand; where none does, one error lists the alternatives.
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
