// The type of a gate.

import type { AttentionSpec } from "../../config/experiment-spec.js";
import type { Path } from "../../diagnostic.js";
import type { GraphBuilder } from "../graph-builder.js";

/** Adds the nodes of a gate after `place.input` and returns the name of the last one. Each gate's file exports one. */
export type Gate<Kind extends AttentionSpec["type"]> = (
  builder: GraphBuilder,
  place: GatePlace,
  spec: Extract<AttentionSpec, { type: Kind }>,
) => string;

export interface GatePlace {
  readonly input: string;
  /** The name of the gate, which is the prefix of the names of its nodes. */
  readonly name: string;
  readonly path: Path;
}
