// Lowers the gradients of pooling to ONNX.

import { channelsFirst, imageShape, type NodeOf, sizeOfShape } from "../graph/graph.js";
import type { ConvInfo } from "../graph/kernels.js";
import type { Context } from "./op.js";
import { transposedConv } from "./transposed-conv.js";

export function poolAttributes(info: ConvInfo) {
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo: pad } = info;
  // Windows may extend beyond the padding (ceil) or leave out pixels (floor).
  const padAfter = (size: number, count: number, stride: number, kernel: number, before: number) =>
    Math.max(0, (count - 1) * stride + kernel - size - before);
  return {
    kernel_shape: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    pads: [
      pad.top,
      pad.left,
      padAfter(info.inHeight, info.outHeight, strideHeight, filterHeight, pad.top),
      padAfter(info.inWidth, info.outWidth, strideWidth, filterWidth, pad.left),
    ] as const,
  };
}

/** Inputs: dy, x. Adds each dy to the position of its maximum in x, the first one if several are equal. */
export function lowerMaxPoolGradient(context: Context, node: NodeOf<"MaxPoolGrad">): void {
  if (!context.hasPoolIndices) {
    lowerMaxPoolGradientByTaps(context, node);
    return;
  }
  const { builder, placement } = context;
  const [gradient, input] = node.inputs;
  const [output] = node.outputs;
  const x = placement.full(input, "nchw");
  const [, places] = builder.several("MaxPool", [x], poolAttributes(node.attributes.info), 2) as [
    string,
    string,
  ];
  const flat = builder.ints([-1]);
  const size = sizeOfShape(output.shape);
  const zeros = builder.op("Expand", [builder.scalar(0), builder.ints([size])]);
  const dy = builder.op("Reshape", [placement.full(gradient, "nchw"), flat]);
  const scattered = builder.op("ScatterElements", [zeros, builder.op("Reshape", [places, flat]), dy], {
    axis: 0,
    reduction: "add",
  });
  placement.put(
    output,
    "nchw",
    builder.op("Reshape", [scattered, builder.ints(channelsFirst(imageShape(output.shape)))]),
  );
}

/** The same without indices. Each tap of the window receives dy where it has the maximum and no earlier tap has it. */
function lowerMaxPoolGradientByTaps(context: Context, node: NodeOf<"MaxPoolGrad">): void {
  const { builder, placement } = context;
  const [gradient, input] = node.inputs;
  const [output] = node.outputs;
  const { info } = node.attributes;
  const { batchSize: batch, inChannels: channels, inHeight, inWidth, outHeight, outWidth } = info;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const x = placement.full(input, "nchw");
  const maxima = builder.op("MaxPool", [x], poolAttributes(info));
  const [top, left, bottom, right] = poolAttributes(info).pads;
  const around = builder.ints([0, 0, top, left, 0, 0, bottom, right]);
  const padded = builder.op("Pad", [x, around, builder.scalar(LOWEST)]);
  const dy = placement.full(gradient, "nchw");
  const image = builder.ints([batch * channels, 1, outHeight, outWidth]);
  let free: string | null = null;
  const taps: string[] = [];
  for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
    const [row, column] = [Math.floor(tap / filterWidth), tap % filterWidth];
    const ends = [row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1];
    const steps = builder.ints([strideHeight, strideWidth]);
    const range = [builder.ints([row, column]), builder.ints(ends), builder.ints([2, 3]), steps];
    const equal = builder.op(
      "Cast",
      [builder.op("Equal", [builder.op("Slice", [padded, ...range]), maxima])],
      { to: 1 },
    );
    const own: string = free === null ? equal : builder.op("Mul", [equal, free]);
    free = builder.op("Sub", [free ?? builder.scalar(1), own]);
    taps.push(builder.op("Reshape", [builder.op("Mul", [dy, own]), image]));
  }
  // The taps become channels of an image. A transposed convolution moves each to its position and adds them.
  const size = taps.length;
  const oneHot = Float32Array.from({ length: size * size }, (_, index) => (index % (size + 1) === 0 ? 1 : 0));
  const weights = builder.floats(oneHot, [size, 1, filterHeight, filterWidth]);
  const spread = spreadWindows(context, [builder.op("Concat", taps, { axis: 1 }), weights], info);
  placement.put(
    output,
    "nchw",
    builder.op("Reshape", [spread, builder.ints([batch, channels, inHeight, inWidth])]),
  );
}

/** Lower than any number in a network, but finite. */
const LOWEST = -3e38;

/** Adds what belongs to each window to its pixels. */
function spreadWindows(
  context: Context,
  inputs: readonly [windows: string, filter: string],
  info: ConvInfo,
): string {
  const { filterHeight, filterWidth, strideHeight, strideWidth, inHeight, inWidth } = info;
  return transposedConv(context, inputs, {
    kernel: [filterHeight, filterWidth],
    strides: [strideHeight, strideWidth],
    pads: poolAttributes(info).pads,
    unreached: unreached(info),
    size: [inHeight, inWidth],
  });
}

/** The number of rows and columns after the last window. */
function unreached(info: ConvInfo): [rows: number, columns: number] {
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo: pad } = info;
  const missing = (size: number, count: number, stride: number, kernel: number, before: number) =>
    Math.max(0, size + before - ((count - 1) * stride + kernel));
  return [
    missing(inHeight, outHeight, strideHeight, info.filterHeight, pad.top),
    missing(inWidth, outWidth, strideWidth, info.filterWidth, pad.left),
  ];
}

/** Input: dy. Each pixel of a window receives dy divided by the number of pixels of that window that are not padding. */
export function lowerAveragePoolGradient(context: Context, node: NodeOf<"AvgPoolGrad">): void {
  const { builder, placement } = context;
  const [gradient] = node.inputs;
  const [output] = node.outputs;
  const { info } = node.attributes;
  const { batchSize: batch, inChannels: channels, inHeight, inWidth, outHeight, outWidth } = info;
  const counts = windowSizes(info);
  const shares = builder.op("Div", [
    placement.full(gradient, "nchw"),
    builder.floats(counts, [1, 1, outHeight, outWidth]),
  ]);
  // Channels are independent, so each becomes an image of one channel.
  const images = builder.op("Reshape", [shares, builder.ints([batch * channels, 1, outHeight, outWidth])]);
  const ones = builder.floats(new Float32Array(info.filterHeight * info.filterWidth).fill(1), [
    1,
    1,
    info.filterHeight,
    info.filterWidth,
  ]);
  const spread = spreadWindows(context, [images, ones], info);
  placement.put(
    output,
    "nchw",
    builder.op("Reshape", [spread, builder.ints([batch, channels, inHeight, inWidth])]),
  );
}

/** The number of pixels that are not padding in each window: [outHeight, outWidth]. */
function windowSizes({
  outHeight,
  outWidth,
  inHeight,
  inWidth,
  strideHeight,
  strideWidth,
  filterHeight,
  filterWidth,
  padInfo: pad,
}: ConvInfo): Float32Array {
  const inside = (index: number, stride: number, kernel: number, before: number, size: number) => {
    const start = index * stride - before;
    return Math.min(start + kernel, size) - Math.max(start, 0);
  };
  return Float32Array.from({ length: outHeight * outWidth }, (_, index) => {
    const row = Math.floor(index / outWidth);
    return (
      inside(row, strideHeight, filterHeight, pad.top, inHeight) *
      inside(index % outWidth, strideWidth, filterWidth, pad.left, inWidth)
    );
  });
}
