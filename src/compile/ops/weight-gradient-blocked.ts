// Gradients of filters by the blocked kernels, for which images and gradients change their places with filters.

import type { ConvInfo } from "../graph/kernels.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import { batchAsChannels } from "./batch-as-channels.js";
import { fromBlocks } from "./blocked.js";
import { blockOf, type Context } from "./op.js";
import type { WeightGradientOperands } from "./weight-gradient-taps.js";

/** The tensor with more channels is the filter, because reordering it for this takes at most one pass of long copies. */
export function blockedPointwise(context: Context, { info, x, dy }: WeightGradientOperands): string {
  const { builder, placement } = context;
  const { strideHeight, strideWidth, inChannels: from, outChannels: to } = info;
  let seen = placement.full(x, "blocked");
  if (strideHeight > 1 || strideWidth > 1)
    seen = builder.op(
      "MaxPool",
      [seen],
      { kernel_shape: [1, 1], strides: [strideHeight, strideWidth] },
      BLOCKED_DOMAIN,
    );
  const [inputs, outputs] = [
    { name: seen, channels: from },
    { name: placement.full(dy, "blocked"), channels: to },
  ];
  const [image, filter] = to >= from ? [inputs, outputs] : [outputs, inputs];
  const product = pixelProduct(context, info, image, filter);
  if (to >= from) return fromBlocks(context, product, [from, to]);
  const turned = builder.op("Reshape", [product, builder.ints([1, from, to, 1])]);
  return builder.op("ReorderOutput", [turned], { channels: from, channels_last: 0 }, BLOCKED_DOMAIN);
}

interface BlockedImages {
  readonly name: string;
  readonly channels: number;
}

/**
 * The products of the channels of both, summed over pixels and batch: [filter.channels / B, image.channels, B]. On large maps of whole
 * blocks of pixels, a convolution whose groups are the images of the batch, whose results are then added up; otherwise, the batch becomes
 * a part of the channels that are summed over, for which the filter has to be reordered.
 */
function pixelProduct(context: Context, info: ConvInfo, image: BlockedImages, filter: BlockedImages): string {
  const { builder } = context;
  const { batchSize } = info;
  const pixels = info.outHeight * info.outWidth;
  const order = { channels: image.channels, channels_last: 1 };
  const plain = builder.op("ReorderOutput", [image.name], order, BLOCKED_DOMAIN);
  const rows = builder.op("Reshape", [plain, builder.ints([1, batchSize * pixels, 1, image.channels])]);
  const blocked = builder.op("ReorderInput", [rows], { channels_last: 0 }, BLOCKED_DOMAIN);
  const product = (weights: string, shape: readonly number[], group: number) => {
    const kernel = builder.op("Reshape", [weights, builder.ints(shape)]);
    return builder.op("Conv", [blocked, kernel], { kernel_shape: [1, 1], group }, BLOCKED_DOMAIN);
  };
  if (pixels % blockOf(context) !== 0 || pixels < 4 * image.channels) {
    const inside = batchInside(context, filter.name, info, filter.channels);
    return product(inside, [filter.channels, batchSize * pixels, 1, 1], 1);
  }
  const each = product(filter.name, [batchSize * filter.channels, pixels, 1, 1], batchSize);
  const byImage = builder.op("Reshape", [each, builder.ints([batchSize, filter.channels * image.channels])]);
  return builder.op("ReduceSum", [byImage, builder.ints([0])], { keepdims: 0 });
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
  const pixels = outHeight * outWidth;
  const split = builder.op("Reshape", [blocked, builder.ints([batchSize, channels / size, pixels * size])]);
  return builder.op("Transpose", [split], { perm: [1, 0, 2] });
}

/** Width and channels of x are one axis, so that the result has long rows of column taps times input channels. */
export function blockedConvolution(
  context: Context,
  { info, channels, x, dy }: WeightGradientOperands,
): string {
  const { builder, placement } = context;
  const { filterHeight, filterWidth } = info;
  const outputs = channels.groups * channels.to;
  const { image, attributes } = batchAsChannels(context, placement.full(x, "plain"), { info, channels });
  const weights = batchAsKernel(context, placement.full(dy, "blocked"), info, outputs);
  const blocked = builder.op("ReorderInput", [image], { channels_last: 0 }, BLOCKED_DOMAIN);
  const grouped = { ...attributes, group: channels.groups };
  const result = builder.op("Conv", [blocked, weights], grouped, BLOCKED_DOMAIN);
  return fromBlocks(context, result, [filterHeight * filterWidth * channels.from, outputs]);
}

/** A blocked value [batch, channels / B, pixels B] -> a kernel [channels / B, batch / B, pixels, B images, B channels]. */
function batchAsKernel(context: Context, blocked: string, info: ConvInfo, channels: number): string {
  const { builder } = context;
  const { batchSize, outHeight, outWidth } = info;
  const size = blockOf(context);
  const [batches, pixels] = [batchSize / size, outHeight * outWidth];
  const split = builder.op("Reshape", [blocked, builder.ints([batches, 1, size, pixels * channels])]);
  const ordered = builder.op("ReorderInput", [split], { channels_last: 1 }, BLOCKED_DOMAIN);
  const blocks = builder.op("Reshape", [
    ordered,
    builder.ints([batches, channels / size, pixels * size ** 2]),
  ]);
  // Nothing has to be moved if there is only one block of channels.
  const moved = channels === size ? blocks : builder.op("Transpose", [blocks], { perm: [1, 0, 2] });
  return builder.op("Reshape", [moved, builder.ints([channels, batchSize, outHeight, outWidth])]);
}
