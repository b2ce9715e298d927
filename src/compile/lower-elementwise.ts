// Element-by-element kernels -> ONNX, on operands of any layout.

import type { Layout } from "./layouts.js";
import { blockedAffine, type Context, inputOf, type Lowering, outputOf } from "./lowering.js";
import { BLOCKED_DOMAIN } from "./onnx-builder.js";
import { RELU_GRADIENT, SCALED_SUM } from "./simplify.js";
import { sizeOfShape, type TracedNode, type TracedValue } from "./traced-graph.js";

const BINARY: Readonly<Record<string, string>> = {
  Add: "Add",
  Sub: "Sub",
  Multiply: "Mul",
  RealDiv: "Div",
  Maximum: "Max",
  Minimum: "Min",
  Pow: "Pow",
  Greater: "Greater",
  GreaterEqual: "GreaterOrEqual",
  Less: "Less",
  LessEqual: "LessOrEqual",
  Equal: "Equal",
  LogicalAnd: "And",
  LogicalOr: "Or",
};

const UNARY: Readonly<Record<string, string>> = {
  Relu: "Relu",
  Sigmoid: "Sigmoid",
  Tanh: "Tanh",
  Exp: "Exp",
  Log: "Log",
  Neg: "Neg",
  Abs: "Abs",
  Sign: "Sign",
  Sqrt: "Sqrt",
  Reciprocal: "Reciprocal",
  Softplus: "Softplus",
  LogicalNot: "Not",
};

export const ELEMENTWISE: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(Object.entries(BINARY).map(([kernel, op]) => [kernel, binary(op)])),
  ...Object.fromEntries(
    Object.entries(UNARY).map(([kernel, op]) => [kernel, unary(({ builder }, x) => builder.op(op, [x]))]),
  ),
  Rsqrt: unary(({ builder }, x) => builder.op("Reciprocal", [builder.op("Sqrt", [x])])),
  Square: unary(({ builder }, x) => builder.op("Mul", [x, x])),
  // 1 where x is positive, else alpha.
  Step: (context, node) => {
    const alpha = Number(node.attributes.alpha ?? 0);
    unary(({ builder }, x) => {
      const positive = builder.op("Relu", [builder.op("Sign", [x])]);
      if (alpha === 0) return positive;
      return builder.op("Add", [
        builder.op("Mul", [positive, builder.scalar(1 - alpha)]),
        builder.scalar(alpha),
      ]);
    })(context, node);
  },
  Relu6: unary(({ builder }, x) => builder.op("Clip", [x, builder.scalar(0), builder.scalar(6)])),
  ClipByValue: (context, node) => {
    const { clipValueMin, clipValueMax } = node.attributes as { clipValueMin: number; clipValueMax: number };
    unary(({ builder }, x) =>
      builder.op("Clip", [x, builder.scalar(clipValueMin), builder.scalar(clipValueMax)]),
    )(context, node);
  },
  Elu: unary(({ builder }, x) => builder.op("Elu", [x], { alpha: 1 })),
  // y + 1 where y is negative, else 1.
  EluGrad: broadcasting(({ builder }, [dy, y]) => {
    const slope = builder.op("Add", [builder.op("Min", [y as string, builder.scalar(0)]), builder.scalar(1)]);
    return builder.op("Mul", [dy as string, slope]);
  }),
  LeakyRelu: (context, node) => {
    const alpha = Number(node.attributes.alpha);
    unary(({ builder }, x) => builder.op("LeakyRelu", [x], { alpha }))(context, node);
  },
  NotEqual: broadcasting(({ builder }, operands) => builder.op("Not", [builder.op("Equal", operands)])),
  Select: broadcasting(({ builder }, operands) => builder.op("Where", operands)),
  Cast: (context, node) => {
    const to = { float32: 1, int32: 6, bool: 9 }[outputOf(node).dtype];
    unary(({ builder }, x) => builder.op("Cast", [x], { to }))(context, node);
  },
  SquaredDifference: broadcasting(({ builder }, operands) => {
    const difference = builder.op("Sub", operands);
    return builder.op("Mul", [difference, difference]);
  }),
  // y is a ReLU's output: steep enough, a hard sigmoid is 1 wherever y is positive, and the cheapest such mask.
  [RELU_GRADIENT]: broadcasting(({ builder }, [dy, y]) =>
    builder.op("Mul", [dy as string, builder.op("HardSigmoid", [y as string], { alpha: 3e38, beta: 0 })]),
  ),
  [SCALED_SUM]: lowerScaledSum,
};

function unary(emit: (context: Context, x: string) => string): Lowering {
  return (context, node) => {
    const { placement, layoutOf } = context;
    const [input, output] = [inputOf(node, 0), outputOf(node)];
    const layout = layoutOf(output);
    placement.put(
      output,
      layout,
      emit(context, placement.compact(input, layout)),
      placement.storedShape(input),
    );
  };
}

function binary(op: string): Lowering {
  const direct = broadcasting(({ builder }, operands, alike) =>
    op === "Add" && alike === "alike and blocked" ? builder.blockedSum(operands) : builder.op(op, operands),
  );
  return (context, node) => {
    if (!lowerAsAffine(context, node, op)) direct(context, node);
  };
}

/** Operands in the output's layout with as many axes as it has, so that ONNX broadcasts as tfjs does. */
function broadcasting(
  emit: (context: Context, operands: string[], alike: "alike and blocked" | "other") => string,
): Lowering {
  return (context, node) => {
    const output = outputOf(node);
    const layout = context.layoutOf(output);
    const operands = node.inputs.map((value) => aligned(context, value, output.shape.length));
    const stored = broadcast(operands.map(({ stored }) => stored));
    // Blocked operands that differ in shape have to show their block as an axis of its own.
    const blocks =
      layout === "blocked" &&
      operands.some(
        (operand) => operand.stored.join() !== stored.join() && operand.stored.some((size) => size > 1),
      );
    const names = operands.map((operand) => {
      const name = placed(context, operand, layout);
      return blocks
        ? context.builder.op("Reshape", [name, context.builder.ints(withBlocks(context, operand.stored))])
        : name;
    });
    const full = operands.every((operand) => operand.stored.join() === output.shape.join());
    const alike = layout === "blocked" && full ? "alike and blocked" : "other";
    const result = emit(context, names, alike);
    const [batch, height, width, channels] = stored as [number, number, number, number];
    const name = blocks
      ? context.builder.op("Reshape", [result, context.builder.ints([batch, channels, height, width])])
      : result;
    context.placement.put(output, layout, name, stored);
  };
}

interface Operand {
  readonly value: TracedValue;
  /** Its compact shape, with 1s in front up to the output's number of axes. */
  readonly stored: readonly number[];
}

function aligned({ placement }: Context, value: TracedValue, rank: number): Operand {
  const stored = placement.storedShape(value);
  return { value, stored: [...new Array<number>(rank - stored.length).fill(1), ...stored] };
}

function placed({ placement, builder, block }: Context, { value, stored }: Operand, wanted: Layout): string {
  if (wanted === "plain" || stored.every((size) => size === 1)) return placement.compact(value, "plain");
  // Too few channels for a block lie the same way with and without.
  const layout = wanted === "blocked" && (stored[3] as number) % (block ?? 1) !== 0 ? "nchw" : wanted;
  if (value.shape.length === 4) return placement.compact(value, layout);
  // Fewer axes than an image: they are its last ones, channels at the end.
  const [batch, height, width, channels] = stored as [number, number, number, number];
  const name = placement.compact(value, "plain");
  if (height * width > 1) {
    const shaped = builder.op("Reshape", [name, builder.ints(stored)]);
    const first = builder.op("Transpose", [shaped], { perm: [0, 3, 1, 2] });
    return layout === "nchw"
      ? first
      : builder.op("ReorderInput", [first], { channels_last: 0 }, BLOCKED_DOMAIN);
  }
  return builder.op("Reshape", [name, builder.ints([batch, channels, height, width])]);
}

function withBlocks({ block }: Context, [batch, height, width, channels]: readonly number[]): number[] {
  const size = block ?? 1;
  const blocks = channels === 1 ? [1, 1] : [(channels as number) / size, size];
  return [batch as number, blocks[0] as number, height as number, width as number, blocks[1] as number];
}

/** An image and one number a channel (of the batch or of each image): one pass of the blocked kernels. */
function lowerAsAffine(context: Context, node: TracedNode, op: string): boolean {
  const { builder, layoutOf } = context;
  const output = outputOf(node);
  if (layoutOf(output) !== "blocked" || !["Add", "Mul", "Sub", "Div"].includes(op)) return false;
  const operands = [inputOf(node, 0), inputOf(node, 1)].map((value) => aligned(context, value, 4));
  const [batch, height, width, channels] = output.shape as [number, number, number, number];
  const isImage = ({ stored }: Operand) => stored.join() === output.shape.join() && height * width > 1;
  const isVector = ({ stored }: Operand) =>
    stored[1] === 1 && stored[2] === 1 && stored[3] === channels && (stored[0] === 1 || stored[0] === batch);
  const image = operands.find(isImage);
  const vector = operands.find(isVector);
  if (!image || !vector || (image === operands[1] && (op === "Sub" || op === "Div"))) return false;
  let numbers = context.placement.compact(vector.value, "plain");
  if (op === "Sub") numbers = builder.op("Neg", [numbers]);
  if (op === "Div") numbers = builder.op("Reciprocal", [numbers]);
  // One number an image and channel: the batch becomes part of the channels.
  const groups = (vector.stored[0] as number) * channels;
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
  const shape = [batch, channels, height, width];
  context.placement.put(output, "blocked", blockedAffine(context, x, { shape, groups, ...parts }));
  return true;
}

/** Fewer numbers than this are not worth a pass of their own kind. */
const LONG = 1024;

/** Inputs x, number, y. Any tensor is a row of one block of channels: one pass of the blocked kernels, whatever it means. */
function lowerScaledSum(context: Context, node: TracedNode): void {
  const { builder, placement, layoutOf, block } = context;
  const [x, number, y, output] = [inputOf(node, 0), inputOf(node, 1), inputOf(node, 2), outputOf(node)];
  const layout = layoutOf(output);
  const one = placement.full(number, "plain");
  const factor = node.attributes.sign === -1 ? builder.op("Neg", [one]) : one;
  const [left, right] = [placement.full(x, layout), placement.full(y, layout)];
  const size = sizeOfShape(output.shape);
  if (block === null || size % block !== 0 || size < LONG) {
    placement.put(output, layout, builder.op("Add", [builder.op("Mul", [left, factor]), right]));
    return;
  }
  const [batch, height, width, channels] = output.shape as [number, number, number, number];
  const outer = layout === "plain" ? output.shape : [batch, channels, height, width];
  const scale = builder.op("Expand", [factor, builder.ints([block, 1, 1, 1])]);
  const result = builder.viewed("Conv", [left, scale, "", right], {
    attributes: { kernel_shape: [1, 1], group: block },
    domain: BLOCKED_DOMAIN,
    view: { inner: [1, block, 1, size / block], outer },
  });
  placement.put(output, layout, result);
}

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const [first = [], ...rest] = shapes;
  return first.map((size, axis) => Math.max(size, ...rest.map((shape) => shape[axis] ?? 1)));
}
