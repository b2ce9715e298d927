// A convolution followed by a sum with another tensor -> the convolution with that tensor as its fourth input.

import { type FusionRule, hasActivation, hasInput, SUM, withInput } from "./fusion-rule.js";

export const FUSE_SUM: FusionRule = {
  name: "sum",
  candidates: ({ isBlockedSum, inputs }) => (isBlockedSum ? inputs : []),
  rewrite: (conv, { inputs: [first, second], outputs }, through) => {
    const other = first === through ? second : first;
    // The kernel adds the sum before the activation.
    if (other === undefined || hasInput(conv, SUM) || hasActivation(conv)) return null;
    return { ...conv, inputs: withInput(conv.inputs, SUM, other), outputs };
  },
};
