// Convolution (plain, grouped, depthwise) and its input gradient -> ONNX.

import { type ConvChannels, type ConvInfo, channelsOf, isBlockableStem, isDepthwise } from "./layouts.js";
import { lowerWeightGradient } from "./lower-weight-gradient.js";
import { type Context, inputOf, type Lowering, outputOf } from "./lowering.js";
import { BLOCKED_DOMAIN } from "./onnx-builder.js";
import type { TracedNode } from "./traced-graph.js";

export const CONV: Readonly<Record<string, Lowering>> = {
  Conv2D: lowerForward,
  Conv2DBackpropInput: lowerInputGradient,
  Conv2DBackpropFilter: lowerWeightGradient,
};

/** Inputs x, filter (height, width, from, groups x to). */
function lowerForward(context: Context, node: TracedNode): void {
  const { builder, placement, layoutOf, block } = context;
  const info = node.attributes.info as ConvInfo;
  const channels = channelsOf(node);
  const output = outputOf(node);
  const pad = info.padInfo;
  const filter = placement.full(inputOf(node, 1), "plain");
  const attributes = {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [pad.top, pad.left, pad.bottom, pad.right],
    group: channels.groups,
  };
  if (layoutOf(output) === "blocked") {
    const x = placement.full(inputOf(node, 0), isBlockableStem(channels, block) ? "nchw" : "blocked");
    const weights = blockFilter(context, filter, { info, channels });
    placement.put(output, "blocked", builder.blockedConv([x, weights], attributes, info.outChannels));
    return;
  }
  const weights = builder.op("Transpose", [filter], { perm: [3, 2, 0, 1] });
  const dilations = [info.dilationHeight, info.dilationWidth];
  const x = placement.full(inputOf(node, 0), "nchw");
  placement.put(output, "nchw", builder.op("Conv", [x, weights], { ...attributes, dilations }));
}

/**
 * Inputs dy, filter. A convolution with the kernel turned by 180 degrees and its channels exchanged; where the forward
 * convolution has a stride, a transposed one.
 */
function lowerInputGradient(context: Context, node: TracedNode): void {
  const { builder, placement, layoutOf } = context;
  const info = node.attributes.info as ConvInfo;
  const channels = channelsOf(node);
  const output = outputOf(node);
  const filter = placement.full(inputOf(node, 1), "plain");
  const { padInfo: pad, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const plain = [strideHeight, strideWidth, info.dilationHeight, info.dilationWidth].every(
    (step) => step === 1,
  );
  if (layoutOf(output) === "blocked" && !plain) {
    placement.put(
      output,
      "blocked",
      spreadPointwise(context, placement.full(inputOf(node, 0), "blocked"), filter, { info, channels }),
    );
    return;
  }
  if (!plain) {
    placement.put(
      output,
      "nchw",
      transposedConv(context, placement.full(inputOf(node, 0), "nchw"), filter, { info, channels }),
    );
    return;
  }
  const layout = layoutOf(output) === "blocked" ? "blocked" : "nchw";
  const attributes = {
    kernel_shape: [filterHeight, filterWidth],
    pads: [
      filterHeight - 1 - pad.top,
      filterWidth - 1 - pad.left,
      filterHeight - 1 - pad.bottom,
      filterWidth - 1 - pad.right,
    ],
    group: channels.groups,
  };
  const dy = placement.full(inputOf(node, 0), layout);
  const weights =
    layout === "blocked"
      ? blockTurnedFilter(context, filter, { info, channels })
      : turnedFilter(context, filter, { info, channels });
  placement.put(
    output,
    layout,
    builder.op("Conv", [dy, weights], attributes, layout === "blocked" ? BLOCKED_DOMAIN : ""),
  );
}

interface ConvParts {
  readonly info: ConvInfo;
  readonly channels: ConvChannels;
}

/** Input gradient of a 1x1 convolution with a stride: the one without, its pixels spread among zeros. */
function spreadPointwise(
  context: Context,
  dy: string,
  filter: string,
  { info, channels }: ConvParts,
): string {
  const { builder } = context;
  const size = context.block as number;
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
  // Zeros behind each row and behind each pixel, then what reaches beyond the image cut off (or what is missing added).
  const zeros = builder.ints([0, 0, 0, 0, 0, 0, 0, strideHeight - 1, 0, (strideWidth - 1) * size]);
  const spread = builder.op("Pad", [apart, zeros]);
  const rows = builder.op("Reshape", [
    spread,
    builder.ints([planes, outHeight * strideHeight, outWidth * strideWidth * size]),
  ]);
  const rest = [inHeight - outHeight * strideHeight, (inWidth - outWidth * strideWidth) * size] as [
    number,
    number,
  ];
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
    // Rows and columns of the input that no kernel reached.
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

/**
 * A filter in the order that the blocked kernels read, declared as outputs, from, height, width. Inside a block: input
 * channels, then output channels; where there are fewer than a block, all input channels lie before the pixels. As few
 * axes as the case allows: transposing many is slow.
 */
function blockFilter({ builder, block }: Context, filter: string, { info, channels }: ConvParts): string {
  const size = block as number;
  const { filterHeight: height, filterWidth: width } = info;
  const { groups, from, to } = channels;
  const outputs = groups * to;
  const pixels = height * width;
  const reorder = (shape: number[], perm: number[]) =>
    builder.op("Transpose", [builder.op("Reshape", [filter, builder.ints(shape)])], { perm });
  const ordered =
    pixels === 1
      ? reorder([from, outputs / size, size], [1, 0, 2])
      : from < size
        ? reorder([pixels, from, outputs / size, size], [2, 1, 0, 3])
        : reorder([pixels, from / size, size, outputs / size, size], [3, 1, 0, 2, 4]);
  return builder.op("Reshape", [ordered, builder.ints([outputs, from, height, width])]);
}

/** The same of the filter that the input gradient needs, declared as inputs, to, height, width. */
function blockTurnedFilter(context: Context, filter: string, { info, channels }: ConvParts): string {
  const { builder } = context;
  const turned = turn(context, filter, info);
  // A depthwise filter has nothing to exchange.
  if (isDepthwise(channels)) return blockFilter(context, turned, { info, channels });
  const size = context.block as number;
  const { filterHeight: height, filterWidth: width } = info;
  const { groups, from, to } = channels;
  const pixels = height * width;
  const reorder = (shape: number[], perm: number[]) =>
    builder.op("Transpose", [builder.op("Reshape", [turned, builder.ints(shape)])], { perm });
  const ordered =
    groups > 1
      ? reorder([pixels, from / size, size, groups, to / size, size], [3, 1, 4, 0, 5, 2])
      : pixels === 1
        ? reorder([from / size, size, to], [0, 2, 1])
        : reorder([pixels, from / size, size, to / size, size], [1, 3, 0, 4, 2]);
  return builder.op("Reshape", [ordered, builder.ints([groups * from, to, height, width])]);
}

function turnedFilter(context: Context, filter: string, { info, channels }: ConvParts): string {
  const { builder } = context;
  const { filterHeight: height, filterWidth: width } = info;
  const { groups, from, to } = channels;
  const split = builder.op("Reshape", [
    turn(context, filter, info),
    builder.ints([height, width, from, groups, to]),
  ]);
  const ordered = builder.op("Transpose", [split], { perm: [3, 2, 4, 0, 1] });
  return builder.op("Reshape", [ordered, builder.ints([groups * from, to, height, width])]);
}

function turn({ builder }: Context, filter: string, { filterHeight, filterWidth }: ConvInfo): string {
  if (filterHeight * filterWidth === 1) return filter;
  const [from, to] = [builder.ints([-1, -1]), builder.ints([-65536, -65536])];
  return builder.op("Slice", [filter, from, to, builder.ints([0, 1]), builder.ints([-1, -1])]);
}
