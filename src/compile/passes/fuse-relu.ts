// A convolution followed by a ReLU -> the convolution with the ReLU as its activation.

import { type FusionRule, hasActivation } from "./fusion-rule.js";

export const FUSE_RELU: FusionRule = {
  name: "relu",
  candidates: ({ type, inputs }) => (type === "Relu" ? inputs : []),
  // The kernel supports only one activation.
  rewrite: (conv, { outputs }) =>
    hasActivation(conv) ? null : { ...conv, outputs, attributes: { ...conv.attributes, activation: "Relu" } },
};
