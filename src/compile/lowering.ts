// What a lowering gets to work with, and the few forms that several of them share.

import type { Layouts } from "./layouts.js";
import { BLOCKED_DOMAIN, type OnnxBuilder } from "./onnx-builder.js";
import type { Placement } from "./placement.js";
import type { TracedNode, TracedValue } from "./traced-graph.js";

export interface Context {
  readonly builder: OnnxBuilder;
  readonly placement: Placement;
  readonly layoutOf: Layouts;
  /** Channels in a block; null where the blocked kernels are not used. */
  readonly block: number | null;
}

export type Lowering = (context: Context, node: TracedNode) => void;

export function inputOf(node: TracedNode, index: number): TracedValue {
  const value = node.inputs[index];
  if (!value) throw new Error(`${node.kernel} lacks input ${index}`);
  return value;
}

export function outputOf(node: TracedNode, index = 0): TracedValue {
  const value = node.outputs[index];
  if (!value) throw new Error(`${node.kernel} lacks output ${index}`);
  return value;
}

export interface Affine {
  readonly channels: number;
  /** [channels, 1, 1, 1] */
  readonly scale: string;
  /** [channels] */
  readonly bias?: string;
  /** Added, in the same layout. */
  readonly sum?: string;
}

/** scale x + bias + sum by channel, of a blocked x, in one pass: a 1x1 depthwise convolution. */
export function blockedAffine(
  { builder }: Context,
  x: string,
  { channels, scale, bias, sum }: Affine,
): string {
  const optional = sum !== undefined ? [bias ?? "", sum] : bias !== undefined ? [bias] : [];
  return builder.op(
    "Conv",
    [x, scale, ...optional],
    { kernel_shape: [1, 1], group: channels },
    BLOCKED_DOMAIN,
  );
}

/** Mean over height and width of a blocked x: [batch, channels, 1, 1]. */
export function blockedPixelMean({ builder }: Context, x: string): string {
  return builder.op("GlobalAveragePool", [x], {}, BLOCKED_DOMAIN);
}

/** Means over batch, height and width, by channel: [1, channels, 1, 1]. */
export function channelMeans(context: Context, x: string, layout: "nchw" | "blocked"): string {
  const { builder } = context;
  if (layout === "nchw") return builder.op("ReduceMean", [x], { axes: [0, 2, 3], keepdims: 1 });
  return builder.op("ReduceMean", [blockedPixelMean(context, x)], { axes: [0], keepdims: 1 });
}
