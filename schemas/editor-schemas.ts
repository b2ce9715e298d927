// The schemas -> what editors complete from and check against: yaml-language-server wants other words than ajv, and knows
// the paths of a variant's `set`, whose values ajv sees once they stand in an experiment.

import { forEditors } from "./for-editors.js";
import { mapValues, type Schema, type Schemas } from "./json-schema.js";
import { setForEditors } from "./set-for-editors.js";

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
