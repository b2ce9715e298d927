// Lowers element-wise kernels on operands of different shapes, in the layout of the result.

import { channelsFirst, imageShape, isSameShape } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { BLOCKED_DOMAIN } from "../onnx/graph.js";
import { blockedAffine } from "./blocked.js";
import { blockOf, type Context } from "./op.js";
import type { Layout } from "./placement.js";

interface Elementwise {
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
    const place = (value: Value) => {
      const operand = align(value);
      const name = placed(context, operand, layout);
      return showBlocks
        ? builder.op("Reshape", [name, builder.ints(withBlocks(context, operand.stored))])
        : name;
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

interface Operand {
  readonly value: Value;
  /** Its compact shape, extended by leading 1s to the output's number of axes. */
  readonly stored: readonly number[];
}

function aligned({ placement }: Context, value: Value, rank: number): Operand {
  const stored = placement.storedShape(value);
  return { value, stored: [...new Array<number>(rank - stored.length).fill(1), ...stored] };
}

function placed(context: Context, { value, stored }: Operand, wanted: Layout): string {
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

function withBlocks(context: Context, stored: readonly number[]): number[] {
  const [batch, height, width, channels] = imageShape(stored);
  const size = blockOf(context);
  return channels === 1 ? [batch, 1, height, width, 1] : [batch, channels / size, height, width, size];
}

/**
 * Lowers a blocked image and a vector with one number per channel, or per image and channel, to one pass of the blocked kernels.
 * Returns false if the operands are others.
 */
export function lowerAsAffine(context: Context, { inputs, outputs }: Elementwise, op: string): boolean {
  const { builder, layoutOf, placement } = context;
  const [output] = outputs;
  if (layoutOf(output) !== "blocked" || !["Add", "Mul", "Sub", "Div"].includes(op)) return false;
  const [batch, height, width, channels] = imageShape(output.shape);
  const left = aligned(context, inputs[0], 4);
  const right = aligned(context, inputs[1], 4);
  const isImage = ({ stored }: Operand) => isSameShape(stored, output.shape) && height * width > 1;
  const isVector = ({ stored }: Operand) =>
    stored[1] === 1 && stored[2] === 1 && stored[3] === channels && (stored[0] === 1 || stored[0] === batch);
  const image = [left, right].find(isImage);
  const vector = [left, right].find(isVector);
  if (!image || !vector || (image === right && (op === "Sub" || op === "Div"))) return false;
  let numbers = placement.compact(vector.value, "plain");
  if (op === "Sub") numbers = builder.op("Neg", [numbers]);
  if (op === "Div") numbers = builder.op("Reciprocal", [numbers]);
  // With one number per image and channel, the batch becomes part of the channels.
  const groups = imageShape(vector.stored)[0] * channels;
  const weights = [groups, 1, 1, 1];
  const parts =
    op === "Mul" || op === "Div"
      ? { scale: builder.op("Reshape", [numbers, builder.ints(weights)]) }
      : {
          scale: builder.floats(new Float32Array(groups).fill(1), weights),
          bias: builder.op("Reshape", [numbers, builder.ints([groups])]),
          isShift: true as const,
        };
  const x = placed(context, image, "blocked");
  const shape = [batch, channels, height, width] as const;
  placement.put(output, "blocked", blockedAffine(context, x, { shape, groups, ...parts }));
  return true;
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const [first = [], ...rest] = shapes;
  return first.map((size, axis) => Math.max(size, ...rest.map((shape) => shape[axis] ?? 1)));
}
