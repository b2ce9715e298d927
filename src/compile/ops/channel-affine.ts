// Lowers images times a number, plus a number, per image and channel.

import { channelsFirst, imageShape, type NodeOf } from "../graph/graph.js";
import { affine, imageVectors } from "./laid-out.js";
import type { Context, Ops } from "./op.js";
import { imageLayout } from "./op.js";

export const CHANNEL_AFFINE: Ops<"ChannelAffine"> = {
  ChannelAffine: {
    layout: ({ inputs: [x] }, context) => imageLayout(context, x),
    lower: lowerChannelAffine,
  },
};

function lowerChannelAffine(context: Context, node: NodeOf<"ChannelAffine">): void {
  const [images, scales, shifts] = node.inputs;
  const [y] = node.outputs;
  const layout = imageLayout(context, y);
  const laidOut = { layout, shape: channelsFirst(imageShape(y.shape)) };
  const a = imageVectors(context, scales, laidOut);
  const b = imageVectors(context, shifts, laidOut);
  const x = context.placement.full(images, layout);
  context.placement.put(y, layout, affine(context, laidOut, { x, a, b, perImage: true }));
}
