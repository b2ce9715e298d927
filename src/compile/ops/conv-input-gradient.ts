// Lowers the gradient of a convolution with respect to its input to ONNX.

import type { NodeOf } from "../graph/graph.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import { type ConvParts, channelsOf, isDense } from "./conv-channels.js";
import { blockTurnedFilter, turnedFilter } from "./conv-filters.js";
import { isProduct, productInputGradient } from "./conv-product.js";
import { convolution } from "./grouped.js";
import { blockOf, type Context, imageLayout } from "./op.js";

/**
 * A convolution with the kernel rotated by 180 degrees and its channels exchanged. If the forward convolution has a stride or a
 * dilation, a transposed convolution, or for a blocked 1x1 kernel the gradient without stride with zeros inserted.
 */
export function lowerInputGradient(context: Context, node: NodeOf<"Conv2DBackpropInput">): void {
  const { placement } = context;
  const [gradient, filters] = node.inputs;
  const [output] = node.outputs;
  const parts = { info: node.attributes.info, channels: channelsOf(node.attributes) };
  if (isProduct(parts.info, parts.channels)) {
    const filter = placement.full(filters, "plain");
    placement.put(output, "plain", productInputGradient(context, gradient, filter, parts));
    return;
  }
  const layout = imageLayout(context, output);
  const dy = placement.full(gradient, layout);
  const filter = placement.full(filters, "plain");
  const form = !isDense(parts.info)
    ? layout === "blocked"
      ? spreadPointwise
      : transposedConv
    : layout === "blocked"
      ? blockedGradient
      : plainGradient;
  placement.put(output, layout, form(context, dy, filter, parts));
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

/** The input gradient of a 1x1 convolution with a stride: the gradient without stride, with zeros inserted between pixels. */
function spreadPointwise(
  context: Context,
  dy: string,
  filter: string,
  { info, channels }: ConvParts,
): string {
  const { builder } = context;
  const size = blockOf(context);
  const { batchSize, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
  const weights = blockTurnedFilter(context, filter, { info, channels });
  const dense = builder.op(
    "Conv",
    [dy, weights],
    { kernel_shape: [1, 1], group: channels.groups },
    BLOCKED_DOMAIN,
  );
  const planes = (batchSize * info.inChannels) / size;
  const apart = builder.op("Reshape", [dense, builder.ints([planes, outHeight, 1, outWidth, size])]);
  // Adds zeros after each row and each pixel, then crops or pads the result to the size of the image.
  const zeros = builder.ints([0, 0, 0, 0, 0, 0, 0, strideHeight - 1, 0, (strideWidth - 1) * size]);
  const spread = builder.op("Pad", [apart, zeros]);
  const rows = builder.op("Reshape", [
    spread,
    builder.ints([planes, outHeight * strideHeight, outWidth * strideWidth * size]),
  ]);
  const rest = [inHeight - outHeight * strideHeight, (inWidth - outWidth * strideWidth) * size];
  const whole = rest.some((missing) => missing !== 0)
    ? builder.op("Pad", [rows, builder.ints([0, 0, 0, 0, ...rest])])
    : rows;
  return builder.op("Reshape", [whole, builder.ints([batchSize, info.inChannels, inHeight, inWidth])]);
}

function transposedConv(
  { builder }: Context,
  dy: string,
  filter: string,
  { info, channels }: ConvParts,
): string {
  const {
    padInfo: pad,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    dilationHeight,
    dilationWidth,
  } = info;
  const weights = builder.op("Transpose", [filter], { perm: [3, 2, 0, 1] });
  const covered = (size: number, stride: number, kernel: number, dilation: number, pads: number) =>
    (size - 1) * stride + (kernel - 1) * dilation + 1 - pads;
  return builder.op("ConvTranspose", [dy, weights], {
    kernel_shape: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    dilations: [dilationHeight, dilationWidth],
    pads: [pad.top, pad.left, pad.bottom, pad.right],
    group: channels.groups,
    // Rows and columns of the input after the last window.
    output_padding: [
      Math.max(
        0,
        info.inHeight -
          covered(info.outHeight, strideHeight, filterHeight, dilationHeight, pad.top + pad.bottom),
      ),
      Math.max(
        0,
        info.inWidth - covered(info.outWidth, strideWidth, filterWidth, dilationWidth, pad.left + pad.right),
      ),
    ],
  });
}
