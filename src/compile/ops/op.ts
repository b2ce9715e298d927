// What the compiler knows of a kernel: how tfjs' kernel is recorded, how its outputs lie in memory, how it becomes ONNX.

import type { NodeOf } from "../graph/graph.js";
import type { KernelName, Value } from "../graph/kernels.js";
import type { Recording } from "../graph/recording.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import type { Placement } from "./placement.js";

/** One row of the table of kernels. */
export interface Op<Name extends KernelName> {
  /** How tfjs' kernel of this name is recorded; absent where only a pass makes the kernel. */
  readonly record?: Recording;
  readonly layout: LayoutRule<Name>;
  readonly lower: Lowering<Name>;
}

export type Ops<Names extends KernelName = KernelName> = { readonly [Name in Names]: Op<Name> };

/**
 * How the numbers of a value lie in memory.
 *
 * - plain: as in tfjs; images are batch, height, width, channels
 * - nchw: batch, channels, height, width
 * - blocked: batch, channels / B, height, width, B channels: what MLAS's direct convolutions read and write
 */
export type Layout = "plain" | "nchw" | "blocked";

export type LayoutOf = (value: Value) => Layout;

export interface LayoutContext {
  /** Of values that have been given a layout. */
  readonly layoutOf: LayoutOf;
  /** Channels in a block; null where the blocked kernels are not used. */
  readonly block: number | null;
}

/** `follow`: works element by element, in the layout of its operands. Outputs that are not images are plain in any case. */
export type LayoutRule<Name extends KernelName> =
  | "plain"
  | "nchw"
  | "follow"
  | ((node: NodeOf<Name>, context: LayoutContext) => Layout);

/** Adds ONNX nodes for a kernel and says where its outputs are. */
export type Lowering<Name extends KernelName> = (context: Context, node: NodeOf<Name>) => void;

/** What the kernels of a device can do. */
export interface Target {
  /** Channels in a block; null where the blocked kernels are not used. */
  readonly block: number | null;
  /** Whether a max pool can say where its maxima were. */
  readonly hasPoolIndices: boolean;
}

export interface Context extends Target {
  readonly builder: OnnxBuilder;
  readonly placement: Placement;
  readonly layoutOf: LayoutOf;
}

/** Channels in a block, where a layout says that there are blocks. */
export function blockOf({ block }: Pick<Context, "block">): number {
  if (block === null) throw new Error("a blocked layout where there are no blocked kernels");
  return block;
}

/** The layout of a kernel that works on images with channels first. */
export function imageLayout({ layoutOf }: Pick<Context, "layoutOf">, value: Value): "nchw" | "blocked" {
  return layoutOf(value) === "blocked" ? "blocked" : "nchw";
}
