// Uses of the blocked kernels, and computations per channel, that several lowerings share.

import { BLOCKED_DOMAIN, MICROSOFT_DOMAIN } from "../onnx/graph.js";
import type { Context } from "./op.js";

/** The shape of images with channels first. */
export type ChannelsFirst = readonly [batch: number, channels: number, height: number, width: number];

export interface Affine {
  /** The shape of x. */
  readonly shape: ChannelsFirst;
  /** The number of scales: one per channel, or one per image and channel. */
  readonly groups: number;
  /** [groups, 1, 1, 1] */
  readonly scale: string;
  /** [groups] */
  readonly bias?: string;
  /** A tensor in the same layout as x that is added. */
  readonly sum?: string;
  /** Set if all scales are 1. */
  readonly isShift?: true;
}

/** scale x + bias + sum per channel for a blocked x, in one pass, as a 1x1 depthwise convolution. */
export function blockedAffine(
  { builder }: Context,
  x: string,
  { shape, groups, scale, bias, sum, isShift }: Affine,
): string {
  const [batch, channels, height, width] = shape;
  // One long row of pixels is faster than many short ones.
  const inner = [(batch * channels) / groups, groups, 1, height * width];
  const optional = sum !== undefined ? [bias ?? "", sum] : bias !== undefined ? [bias] : [];
  return builder.viewed("Conv", [x, scale, ...optional], {
    attributes: { kernel_shape: [1, 1], group: groups },
    domain: BLOCKED_DOMAIN,
    view: { inner, outer: shape },
    ...(isShift ? { isShift } : {}),
  });
}

/**
 * Sums of x times y over height and width, both blocked: [1, batch * channels, 1, 1]. A blocked image has the same order in memory
 * as a depthwise filter of its size, so one convolution computes all sums.
 */
function blockedPixelDots({ builder }: Context, x: string, y: string, shape: ChannelsFirst): string {
  const [batch, channels, height, width] = shape;
  const groups = batch * channels;
  const image = builder.op("Reshape", [x, builder.ints([1, groups, height, width])]);
  const filter = builder.op("Reshape", [y, builder.ints([groups, 1, height, width])]);
  return builder.op(
    "Conv",
    [image, filter],
    { kernel_shape: [height, width], group: groups },
    BLOCKED_DOMAIN,
  );
}

/**
 * A matrix [rows, channels] -> [channels / B, rows, B], as of an image whose pixels are the rows. Two to four times as fast as to transpose
 * it, like the inverse.
 */
export function toBlocks(
  { builder }: Context,
  matrix: string,
  [rows, channels]: readonly [rows: number, channels: number],
): string {
  const image = builder.op("Reshape", [matrix, builder.ints([1, rows, 1, channels])]);
  return builder.op("ReorderInput", [image], { channels_last: 1 }, BLOCKED_DOMAIN);
}

/** The inverse of `toBlocks`. */
export function fromBlocks(
  { builder }: Context,
  blocks: string,
  [rows, channels]: readonly [rows: number, channels: number],
): string {
  const image = builder.op("Reshape", [blocks, builder.ints([1, channels, rows, 1])]);
  return builder.op("ReorderOutput", [image], { channels, channels_last: 1 }, BLOCKED_DOMAIN);
}

/** So many pixels are worth a product of matrices, which is a call for each image and channel, but one pass over both. */
const LONG = 200;

/** Sums of x times y over height and width, both nchw: [batch * channels, 1, 1], as products of a row and a column. */
function plainPixelDots({ builder }: Context, x: string, y: string, shape: ChannelsFirst): string {
  const [batch, channels, height, width] = shape;
  const [images, pixels] = [batch * channels, height * width];
  const rows = [x, y].map((image) => builder.op("Reshape", [image, builder.ints([images, 1, pixels])]));
  return builder.op("FusedMatMul", rows, { transB: 1 }, MICROSOFT_DOMAIN);
}

/** Means of x over height and width: [batch, channels]. */
export function pixelMeans(context: Context, x: string, { layout, shape }: LaidOut): string {
  const { builder } = context;
  if (layout === "rows") return x;
  if (layout === "nchw") return builder.op("ReduceMean", [x], { axes: [2, 3], keepdims: 0 });
  return vectors(context, builder.op("GlobalAveragePool", [x], {}, BLOCKED_DOMAIN), shape);
}

/** Maxima of a blocked x over height and width: [batch, channels]. */
export function pixelMaxima(context: Context, x: string, shape: ChannelsFirst): string {
  return vectors(context, context.builder.op("GlobalMaxPool", [x], {}, BLOCKED_DOMAIN), shape);
}

/** Sums of x times y over height and width: [batch, channels]. */
export function pixelDots(context: Context, x: string, y: string, { layout, shape }: LaidOut): string {
  const { builder } = context;
  const [, , height, width] = shape;
  if (layout === "rows") return builder.op("Mul", [x, y]);
  if (layout === "nchw" && height * width < LONG) {
    const products = builder.op("Mul", [x, y]);
    return builder.op("ReduceSum", [products, builder.ints([2, 3])], { keepdims: 0 });
  }
  const dots = (layout === "blocked" ? blockedPixelDots : plainPixelDots)(context, x, y, shape);
  return vectors(context, dots, shape);
}

/** Without axes of size 1 at the end, for which ONNX Runtime would broadcast number by number. */
function vectors({ builder }: Context, name: string, [batch, channels]: ChannelsFirst): string {
  return builder.op("Reshape", [name, builder.ints([batch, channels])]);
}

/**
 * Means over the batch of a value [batch, channels]: [channels]. Over pixels first, then over the batch, is faster than all at once, and
 * rounding errors are smaller than in one long sum.
 */
export function batchMean({ builder }: Context, x: string): string {
  return builder.op("ReduceMean", [x], { axes: [0], keepdims: 0 });
}

/** `rows`: images in tfjs' layout, taken as a batch of as many images of one pixel, [batch, channels]. */
export interface LaidOut {
  readonly layout: "nchw" | "blocked" | "rows";
  readonly shape: ChannelsFirst;
}
