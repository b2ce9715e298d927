// Forms of the blocked kernels, and of kernels by channel, that several lowerings share.

import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import type { Context } from "./op.js";

/** Batch, channels, height, width. */
export type ChannelsFirst = readonly [batch: number, channels: number, height: number, width: number];

export interface Affine {
  /** Of x. */
  readonly shape: ChannelsFirst;
  /** How many numbers there are: one a channel, or one an image and channel. */
  readonly groups: number;
  /** [groups, 1, 1, 1] */
  readonly scale: string;
  /** [groups] */
  readonly bias?: string;
  /** Added, in the same layout. */
  readonly sum?: string;
  /** The scale is all ones. */
  readonly isShift?: true;
}

/** scale x + bias + sum by channel, of a blocked x, in one pass: a 1x1 depthwise convolution. */
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
 * Sums over height and width of x times y, both blocked: [1, batch * channels, 1, 1]. A blocked image lies in memory as
 * a depthwise filter of its own size does, so one convolution multiplies and adds up.
 */
export function blockedPixelDots({ builder }: Context, x: string, y: string, shape: ChannelsFirst): string {
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

/** Mean over height and width of a blocked x: [batch, channels, 1, 1]. */
export function blockedPixelMean({ builder }: Context, x: string): string {
  return builder.op("GlobalAveragePool", [x], {}, BLOCKED_DOMAIN);
}

/** Means of x over batch, height and width, by channel: [1, channels, 1, 1]. `shape`: batch, channels, height, width. */
export function channelMeans(context: Context, x: string, { layout }: ChannelPlace): string {
  const { builder } = context;
  // Pixels first, then the batch: faster than all at once, and sums of sums lose fewer digits than one long sum.
  const pixelMeans =
    layout === "nchw"
      ? builder.op("ReduceMean", [x], { axes: [2, 3], keepdims: 1 })
      : blockedPixelMean(context, x);
  return builder.op("ReduceMean", [pixelMeans], { axes: [0], keepdims: 1 });
}

/** Means of x times y, likewise. */
export function channelDotMeans(
  context: Context,
  x: string,
  y: string,
  { layout, shape }: ChannelPlace,
): string {
  const { builder } = context;
  if (layout === "nchw") return channelMeans(context, builder.op("Mul", [x, y]), { layout, shape });
  const [batch, channels, height, width] = shape;
  const dots = builder.op("Reshape", [
    blockedPixelDots(context, x, y, shape),
    builder.ints([batch, channels, 1, 1]),
  ]);
  const mean = builder.op("ReduceMean", [dots], { axes: [0], keepdims: 1 });
  return builder.op("Mul", [mean, builder.scalar(1 / (height * width))]);
}

export interface ChannelPlace {
  readonly layout: "nchw" | "blocked";
  readonly shape: ChannelsFirst;
}
