// What the compiler needs for a kernel: how to record tfjs' kernel, how to lay out its outputs in memory, how to lower it to ONNX.

import type { KernelTraits } from "../../runtime/devices.js";
import type { NodeOf } from "../graph/graph.js";
import type { KernelName, Value } from "../graph/kernels.js";
import type { Recording } from "../graph/recording.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import type { Layout, Placement } from "./placement.js";

/** One row of the table of kernels. */
export interface Op<Name extends KernelName> {
  /** Records the tfjs kernel of this name; absent if only a pass creates the kernel. */
  readonly record?: Recording;
  readonly layout: LayoutRule<Name>;
  readonly lower: Lowering<Name>;
}

export type Ops<Names extends KernelName = KernelName> = { readonly [Name in Names]: Op<Name> };

export type LayoutOf = (value: Value) => Layout;

export interface LayoutContext {
  /** The layouts of the values before this node. */
  readonly layoutOf: LayoutOf;
  /** Number of channels in a block; null if the blocked kernels are not used. */
  readonly block: number | null;
}

/** `follow`: an element-wise kernel with the layout of its operands. Outputs that are not images are always plain. */
export type LayoutRule<Name extends KernelName> =
  | "plain"
  | "nchw"
  | "follow"
  | ((node: NodeOf<Name>, context: LayoutContext) => Layout);

/** Adds the ONNX nodes of a kernel and registers its outputs with the placement. */
export type Lowering<Name extends KernelName> = (context: Context, node: NodeOf<Name>) => void;

/** The capabilities of a device's kernels. */
export interface Target extends KernelTraits {
  /** Number of channels in a block; null if the blocked kernels are not used. */
  readonly block: number | null;
}

export interface Context extends Target {
  readonly builder: OnnxBuilder;
  readonly placement: Placement;
  readonly layoutOf: LayoutOf;
}

/** Number of channels in a block. Throws if the blocked kernels are not used. */
export function blockOf({ block }: Pick<Context, "block">): number {
  if (block === null) throw new Error("a value has a blocked layout, but there are no blocked kernels");
  return block;
}

/** The layout of a kernel that needs channels first: blocked if `value` is, otherwise nchw. */
export function imageLayout({ layoutOf }: Pick<Context, "layoutOf">, value: Value): "nchw" | "blocked" {
  return layoutOf(value) === "blocked" ? "blocked" : "nchw";
}
