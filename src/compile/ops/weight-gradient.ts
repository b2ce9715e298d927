// Lowers the gradient of a convolution with respect to its filter to ONNX, which has no op for it.
//
// For each tap of the kernel, the gradient is the product of dy and the pixels of x under that tap, summed over pixels and batch.
// There are five forms, chosen by shape (measured by bench/weight-gradient.ts):
//
// - matrix: for 1x1 kernels, one matrix product over pixels and batch
// - pointwise: the same as a blocked 1x1 convolution, with pixels and batch as its channels
// - convolution: x is an image with the batch as channels, dy is a kernel as large as its map, and a stride becomes a dilation
// - dots: for depthwise convolutions, each channel of each image separately, with dy as a kernel as large as its map
// - taps: for small maps, on which most taps cover few pixels or none, one matrix product per tap

import type { NodeOf } from "../graph/graph.js";
import type { ConvInfo } from "../graph/kernels.js";
import { BLOCKED_DOMAIN, MICROSOFT_DOMAIN } from "../onnx/graph.js";
import { fromBlocks } from "./blocked.js";
import {
  type ConvChannels,
  type ConvParts,
  channelsOf,
  isBlockable,
  isDepthwise,
  isPointwise,
} from "./conv-channels.js";
import { isProduct } from "./conv-product.js";
import { convolution } from "./grouped.js";
import { blockOf, type Context } from "./op.js";
import { onlyTap, slicePixels, tapGradients, type WeightGradientOperands } from "./weight-gradient-taps.js";

export type WeightGradientForm = "matrix" | "pointwise" | "convolution" | "dots" | "taps";

export function lowerWeightGradient(context: Context, node: NodeOf<"Conv2DBackpropFilter">): void {
  const { info } = node.attributes;
  const channels = channelsOf(node.attributes);
  const [x, dy] = node.inputs;
  const [output] = node.outputs;
  const { builder, placement, block } = context;
  const form = WEIGHT_GRADIENT_FORMS[chooseForm(info, channels, block)];
  const gradient = form(context, { info, channels, x, dy });
  placement.put(output, "plain", builder.op("Reshape", [gradient, builder.ints(output.shape)]));
}

export function chooseForm(info: ConvInfo, channels: ConvChannels, block: number | null): WeightGradientForm {
  const { batchSize, outHeight, outWidth, strideHeight } = info;
  const pixels = outHeight * outWidth;
  if (channels.groups > 1)
    return isDepthwise(channels) && isBlockable(channels, block) ? "dots" : "convolution";
  if (isPointwise(info)) {
    const blockable = isBlockable(channels, block) && (batchSize * pixels) % (block ?? 1) === 0;
    return blockable && !isProduct(info, channels) ? "pointwise" : "matrix";
  }
  return Math.min(outHeight, outWidth) <= 2 || (strideHeight > 1 && outHeight <= 4) ? "taps" : "convolution";
}

/** Each form returns the name of a value with the numbers in the order height, width, from, to. */
export const WEIGHT_GRADIENT_FORMS: Readonly<
  Record<WeightGradientForm, (context: Context, operands: WeightGradientOperands) => string>
> = {
  matrix,
  pointwise,
  convolution: (context, operands) => {
    const { block } = context;
    const blockable =
      block !== null && operands.info.batchSize % block === 0 && operands.channels.to % block === 0;
    return blockable ? blockedConvolution(context, operands, block) : plainConvolution(context, operands);
  },
  dots,
  taps: tapGradients,
};

function matrix(context: Context, { info, x, dy }: WeightGradientOperands): string {
  const { builder, placement } = context;
  const rows = info.batchSize * info.outHeight * info.outWidth;
  const seen = slicePixels(context, placement.full(x, "plain"), onlyTap(info));
  const left = builder.op("Reshape", [seen, builder.ints([rows, info.inChannels])]);
  const right = builder.op("Reshape", [placement.full(dy, "plain"), builder.ints([rows, info.outChannels])]);
  return builder.op("FusedMatMul", [left, right], { transA: 1 }, MICROSOFT_DOMAIN);
}

/** The tensor with more channels is the filter, because reordering it for this takes only one pass of long copies. */
function pointwise(context: Context, { info, x, dy }: WeightGradientOperands): string {
  const { builder, placement } = context;
  const { strideHeight, strideWidth, inChannels: from, outChannels: to } = info;
  const pixels = info.batchSize * info.outHeight * info.outWidth;
  let seen = placement.full(x, "blocked");
  if (strideHeight > 1 || strideWidth > 1)
    seen = builder.op(
      "MaxPool",
      [seen],
      { kernel_shape: [1, 1], strides: [strideHeight, strideWidth] },
      BLOCKED_DOMAIN,
    );
  const product = (image: string, imageChannels: number, filter: string, filterChannels: number) => {
    const plain = builder.op(
      "ReorderOutput",
      [image],
      { channels: imageChannels, channels_last: 1 },
      BLOCKED_DOMAIN,
    );
    const rows = builder.op("Reshape", [plain, builder.ints([1, pixels, 1, imageChannels])]);
    const blocked = builder.op("ReorderInput", [rows], { channels_last: 0 }, BLOCKED_DOMAIN);
    const weights = builder.op("Reshape", [
      batchInside(context, filter, info, filterChannels),
      builder.ints([filterChannels, pixels, 1, 1]),
    ]);
    return builder.op("Conv", [blocked, weights], { kernel_shape: [1, 1] }, BLOCKED_DOMAIN);
  };
  const gradient = placement.full(dy, "blocked");
  if (to >= from) return fromBlocks(context, product(seen, from, gradient, to), [from, to]);
  const turned = builder.op("Reshape", [product(gradient, to, seen, from), builder.ints([1, from, to, 1])]);
  return builder.op("ReorderOutput", [turned], { channels: from, channels_last: 0 }, BLOCKED_DOMAIN);
}

/** A blocked value [batch, channels / B, pixels B] -> [channels / B, batch, pixels B]. */
function batchInside(
  context: Context,
  blocked: string,
  { batchSize, outHeight, outWidth }: ConvInfo,
  channels: number,
): string {
  const { builder } = context;
  const size = blockOf(context);
  const split = builder.op("Reshape", [
    blocked,
    builder.ints([batchSize, channels / size, outHeight * outWidth * size]),
  ]);
  return builder.op("Transpose", [split], { perm: [1, 0, 2] });
}

/** Width and channels of x are one axis, so that the result has long rows of column taps times input channels. */
function blockedConvolution(
  context: Context,
  { info, channels, x, dy }: WeightGradientOperands,
  block: number,
): string {
  const { builder, placement } = context;
  const { batchSize, outHeight, outWidth, filterHeight, filterWidth } = info;
  const outputs = channels.groups * channels.to;
  const { image, attributes } = batchAsChannels(context, placement.full(x, "plain"), { info, channels });
  const swapped = batchInside(context, placement.full(dy, "blocked"), info, outputs);
  const pixels = outHeight * outWidth;
  const blocks = ((outputs / block) * batchSize) / block;
  const split = builder.op("Reshape", [swapped, builder.ints([blocks, 1, block, pixels * block])]);
  const ordered = builder.op("ReorderInput", [split], { channels_last: 1 }, BLOCKED_DOMAIN);
  const weights = builder.op("Reshape", [ordered, builder.ints([outputs, batchSize, outHeight, outWidth])]);
  const blocked = builder.op("ReorderInput", [image], { channels_last: 0 }, BLOCKED_DOMAIN);
  const grouped = { ...attributes, group: channels.groups };
  const result = builder.op("Conv", [blocked, weights], grouped, BLOCKED_DOMAIN);
  return fromBlocks(context, result, [filterHeight * filterWidth * channels.from, outputs]);
}

function plainConvolution(context: Context, { info, channels, x, dy }: WeightGradientOperands): string {
  const { builder, placement } = context;
  const { groups, from, to } = channels;
  const { image, attributes } = batchAsChannels(context, placement.full(x, "plain"), { info, channels });
  const weights = builder.op("Transpose", [placement.full(dy, "nchw")], { perm: [1, 0, 2, 3] });
  const sizes = { groups, inputs: info.batchSize, outputs: to };
  const result = convolution(context, [image, weights], attributes, sizes);
  const shape = builder.ints([groups * to, info.filterHeight * info.filterWidth * from]);
  return builder.op("Transpose", [builder.op("Reshape", [result, shape])], { perm: [1, 0] });
}

/** x as one padded image with the batch of each group as channels, and the attributes of the convolution with the kernel dy. */
function batchAsChannels({ builder }: Context, x: string, { info, channels }: ConvParts) {
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
function padAfter(info: ConvInfo): [number, number] {
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

/** A blocked image has the same order in memory as a depthwise filter of its size. */
function dots({ builder, placement }: Context, { info, channels, x, dy }: WeightGradientOperands): string {
  const { batchSize, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo: pad } = info;
  const planes = batchSize * channels.groups;
  const image = builder.op("Reshape", [
    placement.full(x, "blocked"),
    builder.ints([1, planes, inHeight, inWidth]),
  ]);
  const kernel = builder.op("Reshape", [
    placement.full(dy, "blocked"),
    builder.ints([planes, 1, outHeight, outWidth]),
  ]);
  const [bottom, right] = padAfter(info);
  const attributes = {
    kernel_shape: [outHeight, outWidth],
    strides: [info.dilationHeight, info.dilationWidth],
    dilations: [info.strideHeight, info.strideWidth],
    pads: [pad.top, pad.left, Math.max(bottom, 0), Math.max(right, 0)],
    group: planes,
  };
  const blocked = builder.op("Conv", [image, kernel], attributes, BLOCKED_DOMAIN);
  const all = builder.op("ReorderOutput", [blocked], { channels: planes, channels_last: 0 }, BLOCKED_DOMAIN);
  // If the forward convolution left out pixels, the result has taps that the filter does not have.
  const taps = builder.op("Slice", [
    all,
    builder.ints([0, 0]),
    builder.ints([filterHeight, filterWidth]),
    builder.ints([2, 3]),
  ]);
  const byImage = builder.op("Reshape", [
    taps,
    builder.ints([batchSize, channels.groups, filterHeight * filterWidth]),
  ]);
  const sum = builder.op("ReduceSum", [byImage, builder.ints([0])], { keepdims: 0 });
  return builder.op("Transpose", [sum], { perm: [1, 0] });
}
