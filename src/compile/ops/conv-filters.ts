// Reorders filters for convolutions and their gradients.

import type { ConvInfo } from "../graph/kernels.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import { toBlocks } from "./blocked.js";
import { type ConvParts, isDepthwise } from "./conv-channels.js";
import { blockOf, type Context } from "./op.js";

/**
 * Reorders a filter for the blocked kernels, with the declared shape [outputs, from, height, width]. Inside a block, input
 * channels come before output channels; if there are fewer input channels than a block, all of them come before the pixels.
 */
export function blockFilter(context: Context, filter: string, { info, channels }: ConvParts): string {
  const { builder } = context;
  const size = blockOf(context);
  const { filterHeight: height, filterWidth: width } = info;
  const { groups, from, to } = channels;
  const outputs = groups * to;
  const pixels = height * width;
  // Whatever the order of the rows, it is that of the result.
  const rows =
    pixels === 1
      ? filter
      : from < size
        ? reordered(context, filter, [pixels, from, outputs], [1, 0, 2])
        : reordered(context, filter, [pixels, from / size, size * outputs], [1, 0, 2]);
  const ordered = toBlocks(context, rows, [pixels * from, outputs]);
  return builder.op("Reshape", [ordered, builder.ints([outputs, from, height, width])]);
}

/**
 * Reorders the filter of the input gradient for the blocked kernels, with the declared shape [inputs, to, height, width]. First
 * exchanges the channels of each block, then moves whole blocks: at once, it would take up to five times as long.
 */
export function blockTurnedFilter(context: Context, filter: string, { info, channels }: ConvParts): string {
  const { builder } = context;
  const turned = turn(context, filter, info);
  // A depthwise filter has no channels to exchange.
  if (isDepthwise(channels)) return blockFilter(context, turned, { info, channels });
  const size = blockOf(context);
  const { filterHeight: height, filterWidth: width } = info;
  const { groups, from, to } = channels;
  const pixels = height * width;
  const exchanged = exchangedChannels(context, turned, [pixels * from, groups * to]);
  const ordered =
    groups * pixels === 1
      ? exchanged
      : reordered(context, exchanged, [pixels, from / size, groups, to / size, size ** 2], [2, 1, 3, 0, 4]);
  return builder.op("Reshape", [ordered, builder.ints([groups * from, to, height, width])]);
}

/** A filter [rows, outputs], whose rows end with the input channels -> [rows / B, outputs, B]. */
export function exchangedChannels(
  context: Context,
  filter: string,
  [rows, outputs]: readonly [rows: number, outputs: number],
): string {
  const { builder } = context;
  const size = blockOf(context);
  const blocks = builder.op("Reshape", [filter, builder.ints([rows / size, size, outputs, 1])]);
  return builder.op("ReorderInput", [blocks], { channels_last: 0 }, BLOCKED_DOMAIN);
}

/** The filter of the input gradient for the plain kernels, with the shape [inputs, to, height, width]. */
export function turnedFilter(context: Context, filter: string, { info, channels }: ConvParts): string {
  const { builder } = context;
  const { filterHeight: height, filterWidth: width } = info;
  const { groups, from, to } = channels;
  const split = [height, width, from, groups, to];
  const ordered = reordered(context, turn(context, filter, info), split, [3, 2, 4, 0, 1]);
  return builder.op("Reshape", [ordered, builder.ints([groups * from, to, height, width])]);
}

/** Transposes a filter with the given shape. */
function reordered(
  { builder }: Context,
  filter: string,
  shape: readonly number[],
  perm: readonly number[],
): string {
  return builder.op("Transpose", [builder.op("Reshape", [filter, builder.ints(shape)])], { perm });
}

/** Rotates a filter by 180 degrees. */
function turn({ builder }: Context, filter: string, { filterHeight, filterWidth }: ConvInfo): string {
  if (filterHeight * filterWidth === 1) return filter;
  const [from, to] = [builder.ints([-1, -1]), builder.ints([-65536, -65536])];
  return builder.op("Slice", [filter, from, to, builder.ints([0, 1]), builder.ints([-1, -1])]);
}
