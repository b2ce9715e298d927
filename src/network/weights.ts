// The weights of nodes of the network graph: their names, shapes and roles.

import type { ChannelFunction } from "./graph.js";

/**
 * What a weight is for. It decides how the weight starts, whether it is learned, and whether weight decay can be kept from it:
 * `kernel`: of a convolution or a fully connected layer; `bias`: added; `scale`: multiplied; `mean` and `variance`: moving
 * statistics; `random`: a factor between 0 and 1 that stays as it is.
 */
export type WeightRole = "kernel" | "bias" | "scale" | "mean" | "variance" | "random";

export interface Weight {
  /** The name within its node: `kernel` of the node `stage1.block1.conv1` is `stage1.block1.conv1/kernel` in the model. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: WeightRole;
  /** Of a kernel: the number of inputs that each output reads. */
  readonly fanIn?: number;
  /** Starts at zero, whatever its role. */
  readonly zeroInit?: boolean;
  /** Of a scale: where it starts, if not at 1. */
  readonly initial?: number;
  /** Set if it stays as it is, whatever its role. */
  readonly frozen?: true;
}

export function kernel(shape: readonly number[], fanIn: number, name = "kernel"): Weight {
  return { name, shape, role: "kernel", fanIn };
}

/** One bias per output, or none. */
export function biases(outputs: number, isThere: boolean): Weight[] {
  return isThere ? [{ name: "bias", shape: [outputs], role: "bias" }] : [];
}

/** The weights of functions that keep the shape. Each weight has one element per channel. */
export const CHANNEL_WEIGHTS: {
  readonly [Kind in ChannelFunction]: Readonly<Record<string, WeightRole>>;
} = {
  gct: { alpha: "scale", gamma_gate: "bias", beta_gate: "bias" },
  simam: {},
  "hard-sigmoid": {},
  "hard-swish": {},
  "plus-one": {},
  factors: { factor: "scale" },
  "random-factors": { random_factor: "random" },
  "next-image": {},
};

/** Whether weights of this role are learned by their gradients. */
export function isLearned(role: WeightRole): boolean {
  return role === "kernel" || role === "bias" || role === "scale";
}

/** Whether training changes a weight by its gradient. */
export function isTrained({ role, frozen }: Pick<Weight, "role" | "frozen">): boolean {
  return isLearned(role) && !frozen;
}

/** Whether a weight is multiplied with the input, which costs a multiply-accumulate each time. */
export function multiplies(role: WeightRole): boolean {
  return role === "kernel" || role === "scale";
}

/** The number of elements. */
export function sizeOf({ shape }: Pick<Weight, "shape">): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
