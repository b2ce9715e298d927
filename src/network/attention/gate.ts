// The type of a gate, and the end that most have.

import type { GateSpec } from "../../config/experiment-spec.js";
import type { GateInsertion, GraphBuilder, Insertion } from "../graph-builder.js";

/** Adds the nodes of a gate after `insertion.input` and returns the name of the last one. Each gate's file exports one. */
export type Gate<Kind extends GateSpec["type"]> = (
  builder: GraphBuilder,
  insertion: GateInsertion,
  spec: Extract<GateSpec, { type: Kind }>,
) => string;

/** input * sigmoid(score); the score is broadcast. */
export function scaledBySigmoid(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  score: string,
): string {
  const gate = builder.add("sigmoid", `${name}.gate`, [score], path, {});
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
}
