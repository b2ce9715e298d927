// A convolution, then a ReLU -> the convolution with the ReLU as its activation.

import { type FusionRule, hasActivation } from "./fusion-rule.js";

export const FUSE_RELU: FusionRule = {
  name: "relu",
  candidates: ({ type, inputs }) => (type === "Relu" ? inputs : []),
  // The kernel has room for one activation.
  rewrite: (conv, { outputs }) =>
    hasActivation(conv) ? null : { ...conv, outputs, attributes: { ...conv.attributes, activation: "Relu" } },
};
