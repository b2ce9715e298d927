// Lowers the gradient of a convolution with respect to its input to ONNX.

import type { NodeOf } from "../graph/graph.js";
import type { ConvInfo } from "../graph/kernels.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import { type ConvParts, channelsOf, isDense, isDepthwise, isPointwise } from "./conv-channels.js";
import { blockTurnedFilter, turnedFilter } from "./conv-filters.js";
import { isProduct, productInputGradient } from "./conv-product.js";
import { convolution } from "./grouped.js";
import { blockOf, type Context, imageLayout } from "./op.js";
import { isPhased, phasedGradient } from "./phased-gradient.js";
import { transposedConv } from "./transposed-conv.js";

/**
 * A convolution with the kernel rotated by 180 degrees and its channels exchanged. If the forward convolution has a stride or a
 * dilation, a transposed convolution, or for some blocked kernels the gradient without stride with zeros inserted.
 */
export function lowerInputGradient(context: Context, node: NodeOf<"Conv2DBackpropInput">): void {
  const { placement } = context;
  const [gradient, filters] = node.inputs;
  const [output] = node.outputs;
  const parts = { info: node.attributes.info, channels: channelsOf(node.attributes) };
  const filter = placement.full(filters, "plain");
  if (isProduct(parts.info, parts.channels)) {
    placement.put(output, "plain", productInputGradient(context, gradient, filter, parts));
    return;
  }
  const layout = imageLayout(context, output);
  const dy = placement.full(gradient, layout);
  placement.put(output, layout, formOf(parts, layout)(context, dy, filter, parts));
}

function formOf(parts: ConvParts, layout: "nchw" | "blocked") {
  if (isDense(parts.info)) return layout === "blocked" ? blockedGradient : plainGradient;
  if (layout === "nchw") return strided;
  return isPhased(parts) ? phasedGradient : spreadGradient;
}

function blockedGradient(context: Context, dy: string, filter: string, parts: ConvParts): string {
  const weights = blockTurnedFilter(context, filter, parts);
  const attributes = { ...turnedAttributes(parts), group: parts.channels.groups };
  return context.builder.op("Conv", [dy, weights], attributes, BLOCKED_DOMAIN);
}

function plainGradient(context: Context, dy: string, filter: string, parts: ConvParts): string {
  const weights = turnedFilter(context, filter, parts);
  const { groups, from, to } = parts.channels;
  return convolution(context, [dy, weights], turnedAttributes(parts), { groups, inputs: to, outputs: from });
}

function turnedAttributes({ info }: ConvParts) {
  const { filterHeight, filterWidth, padInfo: pad } = info;
  return {
    kernel_shape: [filterHeight, filterWidth],
    pads: [
      filterHeight - 1 - pad.top,
      filterWidth - 1 - pad.left,
      filterHeight - 1 - pad.bottom,
      filterWidth - 1 - pad.right,
    ],
  };
}

/** Whether the gradient of a convolution with a stride is computed on blocks. */
export function isBlockedStrided(parts: ConvParts): boolean {
  return isSpread(parts) || isPhased(parts);
}

/** Whether that is done with zeros inserted between pixels. */
function isSpread({ info, channels }: ConvParts): boolean {
  const { dilationHeight, dilationWidth } = info;
  return isPointwise(info) || (isDepthwise(channels) && dilationHeight === 1 && dilationWidth === 1);
}

/**
 * The gradient of the same convolution without a stride, which has zeros between the pixels of dy. A 1x1 convolution can come before
 * they are inserted.
 */
function spreadGradient(context: Context, dy: string, filter: string, parts: ConvParts): string {
  const { inHeight, inWidth, filterHeight, filterWidth, padInfo: pad } = parts.info;
  const size = [
    inHeight + pad.top + pad.bottom - filterHeight + 1,
    inWidth + pad.left + pad.right - filterWidth + 1,
  ] as const;
  return isPointwise(parts.info)
    ? spreadPixels(context, blockedGradient(context, dy, filter, parts), parts.info, size)
    : blockedGradient(context, spreadPixels(context, dy, parts.info, size), filter, parts);
}

/** Inserts zeros between and after the pixels of a blocked image with as many channels as x. `size`: of the result. */
function spreadPixels(
  context: Context,
  image: string,
  { batchSize, inChannels, outHeight, outWidth, strideHeight, strideWidth }: ConvInfo,
  [height, width]: readonly [number, number],
): string {
  const { builder } = context;
  const block = blockOf(context);
  const planes = (batchSize * inChannels) / block;
  const apart = builder.op("Reshape", [image, builder.ints([planes, outHeight, 1, outWidth, block])]);
  // Adds zeros after each row and each pixel, then crops or pads the result.
  const zeros = builder.ints([0, 0, 0, 0, 0, 0, 0, strideHeight - 1, 0, (strideWidth - 1) * block]);
  const spread = builder.op("Pad", [apart, zeros]);
  const rows = builder.op("Reshape", [
    spread,
    builder.ints([planes, outHeight * strideHeight, outWidth * strideWidth * block]),
  ]);
  const rest = [height - outHeight * strideHeight, (width - outWidth * strideWidth) * block];
  const whole = rest.some((missing) => missing !== 0)
    ? builder.op("Pad", [rows, builder.ints([0, 0, 0, 0, ...rest])])
    : rows;
  return builder.op("Reshape", [whole, builder.ints([batchSize, inChannels, height, width])]);
}

function strided(context: Context, dy: string, filter: string, { info, channels }: ConvParts): string {
  const { padInfo: pad, inHeight, inWidth, outHeight, outWidth } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const weights = context.builder.op("Transpose", [filter], { perm: [3, 2, 0, 1] });
  const covered = (size: number, stride: number, kernel: number, dilation: number, pads: number) =>
    (size - 1) * stride + (kernel - 1) * dilation + 1 - pads;
  const rows = covered(outHeight, strideHeight, filterHeight, dilationHeight, pad.top + pad.bottom);
  const columns = covered(outWidth, strideWidth, filterWidth, dilationWidth, pad.left + pad.right);
  return transposedConv(context, [dy, weights], {
    kernel: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
    groups: channels.groups,
    pads: [pad.top, pad.left, pad.bottom, pad.right],
    unreached: [Math.max(0, inHeight - rows), Math.max(0, inWidth - columns)],
    size: [inHeight, inWidth],
  });
}
