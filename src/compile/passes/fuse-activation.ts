// A convolution followed by a ReLU or the like -> the convolution with that as its activation.

import type { OnnxNode } from "../onnx/graph.js";
import { type FusionRule, hasActivation } from "./fusion-rule.js";

export const FUSE_ACTIVATION: FusionRule = {
  name: "activation",
  candidates: (node) => (activationOf(node) ? node.inputs.slice(0, 1) : []),
  // The kernel supports only one activation.
  rewrite: (conv, node) =>
    hasActivation(conv)
      ? null
      : { ...conv, outputs: node.outputs, attributes: { ...conv.attributes, ...activationOf(node) } },
};

/** The attributes with which a blocked convolution does what the node does; null if there are none. */
function activationOf({ type, limits, attributes }: OnnxNode): OnnxNode["attributes"] | null {
  if (type === "Relu") return { activation: "Relu" };
  if (type === "LeakyRelu") return { activation: "LeakyRelu", activation_params: [Number(attributes.alpha)] };
  if (type === "HardSigmoid")
    return { activation: type, activation_params: [Number(attributes.alpha), Number(attributes.beta)] };
  return limits ? { activation: "Clip", activation_params: limits } : null;
}
