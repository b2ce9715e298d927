// Convolution (plain, grouped, depthwise) and its gradients.

import type { NodeOf } from "../graph/graph.js";
import { channelsOf, isBlockable, isBlockableStem, isDense } from "./conv-channels.js";
import { blockFilter } from "./conv-filters.js";
import { isBlockedStrided, lowerInputGradient } from "./conv-input-gradient.js";
import { isProduct, productForward } from "./conv-product.js";
import { recordConv, recordFilterGradient, recordInputGradient } from "./conv-recording.js";
import { convolution } from "./grouped.js";
import type { Context, Ops } from "./op.js";
import { lowerWeightGradient } from "./weight-gradient.js";

export const CONV: Ops<"Conv2D" | "Conv2DBackpropInput" | "Conv2DBackpropFilter"> = {
  Conv2D: {
    record: recordConv,
    layout: ({ attributes }, { block }) => {
      const channels = channelsOf(attributes);
      if (isProduct(attributes.info, channels)) return "plain";
      const { dilationHeight, dilationWidth } = attributes.info;
      const fits = isBlockable(channels, block) || isBlockableStem(channels, block);
      return fits && dilationHeight === 1 && dilationWidth === 1 ? "blocked" : "nchw";
    },
    lower: lowerForward,
  },
  Conv2DBackpropInput: {
    record: recordInputGradient,
    layout: ({ attributes }, { block }) => {
      const { info } = attributes;
      const channels = channelsOf(attributes);
      if (isProduct(info, channels)) return "plain";
      const fits = isBlockable(channels, block);
      return fits && (isDense(info) || isBlockedStrided({ info, channels })) ? "blocked" : "nchw";
    },
    lower: lowerInputGradient,
  },
  Conv2DBackpropFilter: { record: recordFilterGradient, layout: "plain", lower: lowerWeightGradient },
};

function lowerForward(context: Context, node: NodeOf<"Conv2D">): void {
  const { builder, placement, layoutOf, block } = context;
  const { info } = node.attributes;
  const channels = channelsOf(node.attributes);
  const [input, filters] = node.inputs;
  const [output] = node.outputs;
  const pad = info.padInfo;
  const filter = placement.full(filters, "plain");
  if (isProduct(info, channels)) {
    placement.put(output, "plain", productForward(context, input, filter, { info, channels }));
    return;
  }
  const attributes = {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [pad.top, pad.left, pad.bottom, pad.right],
  };
  if (layoutOf(output) === "blocked") {
    const x = placement.full(input, isBlockableStem(channels, block) ? "nchw" : "blocked");
    const weights = blockFilter(context, filter, { info, channels });
    placement.put(
      output,
      "blocked",
      builder.blockedConv([x, weights], { ...attributes, group: channels.groups }, info.outChannels),
    );
    return;
  }
  const weights = builder.op("Transpose", [filter], { perm: [3, 2, 0, 1] });
  const dilations = [info.dilationHeight, info.dilationWidth];
  const x = placement.full(input, "nchw");
  const sizes = { groups: channels.groups, inputs: channels.from, outputs: channels.to };
  placement.put(output, "nchw", convolution(context, [x, weights], { ...attributes, dilations }, sizes));
}
