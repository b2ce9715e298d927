// Squeeze-and-Excitation (Hu, Shen, Albanie, Sun, Wu 2018): s = sigmoid(W2 relu(W1 z)), z the average over the pixels;
// y = s x. Parameters, with h = max(1, floor(C / r)), unless asked for otherwise: 2 C h, plus h + C with biases.

import type { SeSpec } from "../../config/experiment-spec.js";
import type { GraphBuilder, Insertion } from "../graph-builder.js";
import type { Gate } from "./gate.js";

export const squeezeExcitation: Gate<"se"> = (builder, { input, name, path, block }, spec) => {
  const { channels } = builder.shape(spec.of === "block" ? block : input);
  const width = spec.width === "ratio" ? reducedWidth(channels, spec.r, spec.rounding) : spec.width;
  const form = spec.squeeze === "none" ? pixelGate : vectorGate;
  const gate = form(builder, { input, name, path }, { ...spec, width });
  return builder.add("scale", `${name}.scale`, [input, gate], path, {});
};

type ExcitationSpec = Pick<SeSpec, "bias" | "squeeze" | "activation" | "gate"> & {
  /** The number of channels between the two fully connected layers. */
  readonly width: number;
};

/** The excitation of the original SE: average, ReLU, sigmoid. */
export const ORIGINAL = { squeeze: "avg", activation: "relu", gate: "sigmoid" } as const;

/** One factor per channel. */
export function vectorGate(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  spec: ExcitationSpec,
): string {
  const pool = spec.squeeze === "max" ? "global-max-pool" : "global-avg-pool";
  const squeezed = builder.add(pool, `${name}.squeeze`, [input], path, {});
  return excite(builder, { input: squeezed, name, path }, spec);
}

/** The two fully connected layers after a squeeze, and the gate. */
export function excite(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  { width, bias, activation, gate }: ExcitationSpec,
): string {
  const { channels } = builder.shape(input);
  const reduce = builder.add("dense", `${name}.reduce`, [input], path, { units: width, bias });
  const hidden = builder.activate({ input: reduce, name, path }, activation);
  const expand = builder.add("dense", `${name}.expand`, [hidden], path, { units: channels, bias });
  return addGate(builder, { input: expand, name, path }, gate);
}

/** Without a squeeze, the fully connected layers are 1x1 convolutions that process each pixel separately. */
function pixelGate(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  { width, bias, activation, gate }: ExcitationSpec,
): string {
  const { channels } = builder.shape(input);
  const reduce = builder.pointwise(input, `${name}.reduce`, path, { filters: width, bias });
  const hidden = builder.activate({ input: reduce, name, path }, activation);
  const expand = builder.pointwise(hidden, `${name}.expand`, path, { filters: channels, bias });
  return addGate(builder, { input: expand, name, path }, gate);
}

/** The function that turns the output of the last layer into factors. */
export function addGate(
  builder: GraphBuilder,
  { input, name, path }: Insertion,
  gate: SeSpec["gate"],
): string {
  return builder.elementwise(`${name}.gate`, input, path, gate);
}

/**
 * max(1, floor(C / r)); the integer nearest to C / r (half to even, as in Python), at least 1; or the multiple of 8 nearest to
 * C / r that is at least 8 and at least 0.9 C / r.
 */
export function reducedWidth(channels: number, r: number, rounding: SeSpec["rounding"] = "floor"): number {
  const floor = Math.floor(channels / r);
  if (rounding === "floor") return Math.max(1, floor);
  if (rounding === "nearest") {
    const above = channels / r - floor;
    return Math.max(1, above > 0.5 || (above === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  const width = Math.max(8, 8 * Math.floor((channels / r + 4) / 8));
  return width < (0.9 * channels) / r ? width + 8 : width;
}
