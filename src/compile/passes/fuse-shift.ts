// A convolution followed by a shift per channel -> the convolution with the shift as its bias.

import { isSameShape } from "../graph/graph.js";
import type { OnnxNode } from "../onnx/graph.js";
import { BIAS, type FusionRule, hasActivation, hasInput, SUM, withInput } from "./fusion-rule.js";

export const FUSE_SHIFT: FusionRule = {
  name: "shift",
  candidates: ({ isShift, inputs }) => (isShift ? inputs.slice(0, 1) : []),
  rewrite: (conv, shift) => {
    const bias = shift.inputs[BIAS];
    // The kernel adds its bias before the sum and the activation.
    if (bias === undefined || hasInput(conv, BIAS) || hasInput(conv, SUM) || hasActivation(conv)) return null;
    return isByChannel(conv, shift)
      ? { ...conv, inputs: withInput(conv.inputs, BIAS, bias), outputs: shift.outputs }
      : null;
  },
};

/** Whether the shift can be a bias, which has one number per output channel. A shift may have one per image and channel. */
function isByChannel(conv: OnnxNode, shift: OnnxNode): boolean {
  if (!conv.view) return conv.outputChannels === shift.attributes.group;
  return shift.view !== undefined && isSameShape(conv.view.inner, shift.view.inner);
}
