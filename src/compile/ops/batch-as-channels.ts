// The image of the convolution that computes the gradient of a filter: its channels are the images of the batch.

import type { ConvInfo } from "../graph/kernels.js";
import type { ConvParts } from "./conv-channels.js";
import type { Context } from "./op.js";

/** x as one padded image with the batch of each group as channels, and the attributes of the convolution with the kernel dy. */
export function batchAsChannels({ builder }: Context, x: string, { info, channels }: ConvParts) {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, dilationHeight, strideHeight, strideWidth } =
    info;
  const { groups, from } = channels;
  const pad = info.padInfo;
  const [bottom, right] = padAfter(info);
  const apart = builder.ints([batchSize, inHeight, inWidth, groups, from]);
  const grouped =
    groups === 1
      ? x
      : builder.op("Transpose", [builder.op("Reshape", [x, apart])], { perm: [3, 0, 1, 2, 4] });
  const merged = builder.op("Reshape", [
    grouped,
    builder.ints([1, groups * batchSize, inHeight, inWidth * from]),
  ]);
  const pads = [0, 0, 0, pad.left * from, 0, 0, Math.min(bottom, 0), right * from];
  const image = pads.some((size) => size !== 0) ? builder.op("Pad", [merged, builder.ints(pads)]) : merged;
  const attributes = {
    kernel_shape: [outHeight, outWidth],
    strides: [dilationHeight, 1],
    dilations: [strideHeight, strideWidth * from],
    pads: [pad.top, 0, Math.max(bottom, 0), 0],
  };
  return { image, attributes };
}

/** The padding that the kernel needs after the last pixel; negative if the forward convolution left out pixels. */
export function padAfter(info: ConvInfo): [number, number] {
  const { padInfo: pad } = info;
  const missing = (
    size: number,
    out: number,
    stride: number,
    kernel: number,
    dilation: number,
    before: number,
  ) => (kernel - 1) * dilation + 1 + (out - 1) * stride - size - before;
  return [
    missing(
      info.inHeight,
      info.outHeight,
      info.strideHeight,
      info.filterHeight,
      info.dilationHeight,
      pad.top,
    ),
    missing(info.inWidth, info.outWidth, info.strideWidth, info.filterWidth, info.dilationWidth, pad.left),
  ];
}
