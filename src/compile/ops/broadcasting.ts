// Lowers element-wise kernels on operands of different shapes, in the layout of the result.

import { channelsFirst, imageShape, isSameShape } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import { blockOf, type Context } from "./op.js";
import type { Layout } from "./placement.js";

export interface Elementwise {
  readonly inputs: readonly [Value, Value, ...Value[]];
  readonly outputs: readonly [Value];
}

type Emit = (
  context: Context,
  operands: readonly [string, string, ...string[]],
  alike: "alike and blocked" | "other",
) => string;

/** Converts operands to the output's layout and number of axes, so that ONNX broadcasts as tfjs does. */
export function broadcasting(emit: Emit): (context: Context, node: Elementwise) => void {
  return (context, { inputs, outputs: [output] }) => {
    const { builder, placement, layoutOf } = context;
    const layout = layoutOf(output);
    const align = (value: Value) => aligned(context, value, output.shape.length);
    const operands = inputs.map(align);
    const stored = broadcast(operands.map(({ stored }) => stored));
    // Blocked operands of different shapes need the block as a separate axis.
    const showBlocks =
      layout === "blocked" &&
      operands.some((operand) => !isSameShape(operand.stored, stored) && operand.stored.some((n) => n > 1));
    const showAxes = endsInOne(stored, layout);
    const place = (value: Value) => {
      const operand = align(value);
      const name = placed(context, operand, layout);
      if (showBlocks) return builder.op("Reshape", [name, builder.ints(withBlocks(context, operand.stored))]);
      const isShort = showAxes && value.shape.length < stored.length;
      return isShort ? builder.op("Reshape", [name, builder.ints(operand.stored)]) : name;
    };
    const isFull = operands.every((operand) => isSameShape(operand.stored, output.shape));
    const [first, second, ...others] = inputs;
    const names = [place(first), place(second), ...others.map(place)] as const;
    const result = emit(context, names, layout === "blocked" && isFull ? "alike and blocked" : "other");
    const name = showBlocks
      ? builder.op("Reshape", [result, builder.ints(channelsFirst(imageShape(stored)))])
      : result;
    placement.put(output, layout, name, stored);
  };
}

export interface Operand {
  readonly value: Value;
  /** Its compact shape, extended by leading 1s to the output's number of axes. */
  readonly stored: readonly number[];
}

/** The value with as many axes as the output. */
export function aligned({ placement }: Context, value: Value, rank: number): Operand {
  const stored = placement.storedShape(value);
  return { value, stored: [...new Array<number>(rank - stored.length).fill(1), ...stored] };
}

/** The operand in the wanted layout, or if it has a single channel, in one with the same order. */
export function placed(context: Context, { value, stored }: Operand, wanted: Layout): string {
  const { placement, builder } = context;
  if (wanted === "plain" || stored.every((size) => size === 1)) return placement.compact(value, "plain");
  const [, height, width, channels] = imageShape(stored);
  // A broadcast operand with a single channel has the same order in both layouts.
  const layout = wanted === "blocked" && channels % blockOf(context) !== 0 ? "nchw" : wanted;
  if (value.shape.length === 4) return placement.compact(value, layout);
  // A value with fewer axes than an image has the image's last axes, with channels at the end.
  const name = placement.compact(value, "plain");
  if (height * width > 1) {
    const shaped = builder.op("Reshape", [name, builder.ints(stored)]);
    const first = builder.op("Transpose", [shaped], { perm: [0, 3, 1, 2] });
    return layout === "nchw"
      ? first
      : builder.op("ReorderInput", [first], { channels_last: 0 }, BLOCKED_DOMAIN);
  }
  return builder.op("Reshape", [name, builder.ints(channelsFirst(imageShape(stored)))]);
}

/** Whether the last axis has size 1. Then ONNX Runtime broadcasts number by number, unless all operands have as many axes. */
function endsInOne(stored: readonly number[], layout: Layout): boolean {
  return layout === "plain" && stored.length > 1 && stored.at(-1) === 1 && stored.some((size) => size > 1);
}

function withBlocks(context: Context, stored: readonly number[]): number[] {
  const [batch, height, width, channels] = imageShape(stored);
  const size = blockOf(context);
  return channels === 1 ? [batch, 1, height, width, 1] : [batch, channels / size, height, width, size];
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const [first = [], ...rest] = shapes;
  return first.map((size, axis) => Math.max(size, ...rest.map((shape) => shape[axis] ?? 1)));
}
