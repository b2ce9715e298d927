// The schemas -> schemas for editors: yaml-language-server needs other keywords than ajv, and it checks the paths in a
// variant's `set`, whose values ajv only sees after they have been put into an experiment.

import { forEditors } from "./for-editors.js";
import { mapValues, type Schema, type Schemas } from "./json-schema.js";
import { setForEditors } from "./set-for-editors.js";

/** The schemas by file name in schemas/editor/. */
export function editorSchemas(experiment: Schema, sweep: Schema): Schemas {
  return {
    "experiment.schema.json": forEditors(withParts(experiment), experiment),
    "sweep.schema.json": sweepForEditors(sweep, experiment),
    "set.schema.json": setForEditors(sweep, experiment),
  };
}

/** An experiment that extends another one may leave out whatever that one has; so may one that another one extends. */
function withParts({ required: _, ...experiment }: Schema): Schema {
  const definitions = experiment.definitions as Schemas;
  const { required: __, ...network } = definitions.network as Schema;
  return { ...experiment, definitions: { ...definitions, network } };
}

/** An experiment written out in a sweep needs no name, and keys that every variant sets may be missing. */
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
