// Lowers the gradient of a convolution with respect to its filter to ONNX, which has no op for it.
//
// For each tap of the kernel, the gradient is the product of dy and the pixels of x under that tap, summed over pixels and batch.
// There are five forms, chosen by shape (measured by bench/weight-gradient.ts):
//
// - matrix: for 1x1 kernels, one matrix product over pixels and batch
// - pointwise: the same as a blocked 1x1 convolution, with pixels as its channels, and the batch as more of them or as groups
// - convolution: x is an image with the batch as channels, dy is a kernel as large as its map, and a stride becomes a dilation
// - dots: for depthwise convolutions, each channel of each image separately, with dy as a kernel as large as its map
// - taps: for small maps, on which most taps cover few pixels or none, one matrix product per tap

import type { NodeOf } from "../graph/graph.js";
import type { ConvInfo } from "../graph/kernels.js";
import { BLOCKED_DOMAIN, MICROSOFT_DOMAIN } from "../onnx/graph.js";
import { batchAsChannels, padAfter } from "./batch-as-channels.js";
import { type ConvChannels, channelsOf, isBlockable, isDepthwise, isPointwise } from "./conv-channels.js";
import { isProduct } from "./conv-product.js";
import { convolution } from "./grouped.js";
import type { Context } from "./op.js";
import { blockedConvolution, blockedPointwise } from "./weight-gradient-blocked.js";
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
  const isSmall = (taps: number, size: number) => taps > 1 && size <= 2;
  const isMostlyPadding = isSmall(info.filterHeight, outHeight) || isSmall(info.filterWidth, outWidth);
  return isMostlyPadding || (strideHeight > 1 && outHeight <= 4) ? "taps" : "convolution";
}

/** Each form returns the name of a value with the numbers in the order height, width, from, to. */
export const WEIGHT_GRADIENT_FORMS: Readonly<
  Record<WeightGradientForm, (context: Context, operands: WeightGradientOperands) => string>
> = {
  matrix,
  pointwise: blockedPointwise,
  convolution: (context, operands) => {
    const { block } = context;
    const blockable =
      block !== null && operands.info.batchSize % block === 0 && operands.channels.to % block === 0;
    return blockable ? blockedConvolution(context, operands) : plainConvolution(context, operands);
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
