// The type of a gate.

import type { GateSpec } from "../../config/experiment-spec.js";
import type { GateInsertion, GraphBuilder } from "../graph-builder.js";

/** Adds the nodes of a gate after `insertion.input` and returns the name of the last one. Each gate's file exports one. */
export type Gate<Kind extends GateSpec["type"]> = (
  builder: GraphBuilder,
  insertion: GateInsertion,
  spec: Extract<GateSpec, { type: Kind }>,
) => string;
