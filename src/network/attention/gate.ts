// What the file of a gate exports.

import type { AttentionSpec } from "../../config/experiment.js";
import type { Path } from "../../diagnostic.js";
import type { GraphBuilder } from "../graph-builder.js";

/** What a gate's file exports: adds the gate's nodes behind `place.input` and gives the last one's name. */
export type Gate<Kind extends AttentionSpec["type"]> = (
  builder: GraphBuilder,
  place: GatePlace,
  spec: Extract<AttentionSpec, { type: Kind }>,
) => string;

export interface GatePlace {
  readonly input: string;
  /** Of the gate: its nodes are named after it. */
  readonly name: string;
  readonly path: Path;
}
