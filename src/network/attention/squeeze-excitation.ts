// Squeeze-and-Excitation (Hu, Shen, Albanie, Sun, Wu 2018): s = sigmoid(W2 relu(W1 z)), z the average over the pixels;
// y = s x. Parameters, with h = max(1, floor(C / r)): 2 C h, plus h + C with biases.

import type { SeSpec } from "../../config/experiment-spec.js";
import type { GraphBuilder, Insertion } from "../graph-builder.js";
import type { Gate } from "./gate.js";

export const squeezeExcitation: Gate<"se"> = (builder, { input, name, path }, spec) => {
  const gate =
    spec.squeeze === "none"
      ? pixelGate(builder, { input, name, path }, spec)
      : vectorGate(builder, { input, name, path }, spec);
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
};

/** One factor per channel. */
export function vectorGate(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  spec: Pick<SeSpec, "r" | "bias" | "squeeze" | "gate" | "rounding">,
): string {
  const { channels } = builder.shape(input);
  const pool = spec.squeeze === "max" ? "global-max-pool" : "global-avg-pool";
  const squeeze = builder.add(pool, `${name}.squeeze`, [input], path, {});
  const units = reducedWidth(channels, spec.r, spec.rounding);
  const reduce = builder.add("dense", `${name}.reduce`, [squeeze], path, { units, bias: spec.bias });
  const relu = builder.add("relu", `${name}.relu`, [reduce], path, {});
  const expand = builder.add("dense", `${name}.expand`, [relu], path, { units: channels, bias: spec.bias });
  return addGate(builder, { input: expand, name, path }, spec.gate);
}

/** Without a squeeze, the fully connected layers are 1x1 convolutions that process each pixel separately. */
function pixelGate(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  { r, bias, gate, rounding }: SeSpec,
): string {
  const { channels } = builder.shape(input);
  const filters = reducedWidth(channels, r, rounding);
  const reduce = builder.pointwise(input, `${name}.reduce`, path, { filters, bias });
  const relu = builder.add("relu", `${name}.relu`, [reduce], path, {});
  const expand = builder.pointwise(relu, `${name}.expand`, path, { filters: channels, bias });
  return addGate(builder, { input: expand, name, path }, gate);
}

/** The function that turns the output of the last layer into factors. */
export function addGate(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  gate: SeSpec["gate"],
): string {
  return gate === "hard-sigmoid"
    ? builder.add("channel-function", `${name}.gate`, [input], path, { kind: gate })
    : builder.add(gate, `${name}.gate`, [input], path, {});
}

/** max(1, floor(C / r)), or the multiple of 8 nearest to C / r that is at least 8 and at least 0.9 C / r. */
export function reducedWidth(channels: number, r: number, rounding: SeSpec["rounding"] = "floor"): number {
  if (rounding === "floor") return Math.max(1, Math.floor(channels / r));
  const width = Math.max(8, 8 * Math.floor((channels / r + 4) / 8));
  return width < (0.9 * channels) / r ? width + 8 : width;
}
