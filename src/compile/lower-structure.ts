// Reductions, matrix products and kernels that move numbers about -> ONNX.

import {
  blockedPixelDots,
  blockedPixelMean,
  type Context,
  channelMeans,
  inputOf,
  type Lowering,
  outputOf,
} from "./lowering.js";
import { MICROSOFT_DOMAIN } from "./onnx-builder.js";
import { PIXEL_DOT } from "./simplify.js";
import { sizeOfShape, type TracedNode } from "./traced-graph.js";

export const STRUCTURE: Readonly<Record<string, Lowering>> = {
  Sum: lowerReduction("ReduceSum"),
  Mean: lowerReduction("ReduceMean"),
  Max: lowerReduction("ReduceMax"),
  Min: lowerReduction("ReduceMin"),
  Softmax: ({ builder, placement }, node) => {
    const x = placement.full(inputOf(node, 0), "plain");
    placement.put(
      outputOf(node),
      "plain",
      builder.op("Softmax", [x], { axis: node.attributes.dim as number }),
    );
  },
  Concat: ({ builder, placement, layoutOf }, node) => {
    const output = outputOf(node);
    const layout = layoutOf(output);
    const parts = node.inputs.map((input) => placement.full(input, layout));
    const axis = layout === "plain" ? (node.attributes.axis as number) : 1;
    placement.put(output, layout, builder.op("Concat", parts, { axis }));
  },
  [PIXEL_DOT]: lowerPixelDot,
  Reshape: lowerReshape,
  Tile: lowerTile,
  BatchMatMul: ({ builder, placement }, node) => {
    const operands = [inputOf(node, 0), inputOf(node, 1)].map((value) => placement.full(value, "plain"));
    const { transposeA, transposeB } = node.attributes;
    const attributes = { transA: transposeA === true ? 1 : 0, transB: transposeB === true ? 1 : 0 };
    placement.put(outputOf(node), "plain", builder.op("FusedMatMul", operands, attributes, MICROSOFT_DOMAIN));
  },
  Transpose: ({ builder, placement }, node) => {
    const x = placement.full(inputOf(node, 0), "plain");
    placement.put(
      outputOf(node),
      "plain",
      builder.op("Transpose", [x], { perm: node.attributes.perm as number[] }),
    );
  },
  PadV2: ({ builder, placement }, node) => {
    const { paddings, constantValue } = node.attributes as { paddings: number[][]; constantValue: number };
    const pads = [
      ...paddings.map(([before]) => before as number),
      ...paddings.map(([, after]) => after as number),
    ];
    const x = placement.full(inputOf(node, 0), "plain");
    placement.put(
      outputOf(node),
      "plain",
      builder.op("Pad", [x, builder.ints(pads), builder.scalar(constantValue)]),
    );
  },
  Slice: ({ builder, placement }, node) => {
    const { starts, sizes } = node.attributes as { starts: number[]; sizes: number[] };
    const x = placement.full(inputOf(node, 0), "plain");
    const ends = starts.map((start, axis) => start + (sizes[axis] as number));
    placement.put(
      outputOf(node),
      "plain",
      builder.op("Slice", [
        x,
        builder.ints(starts),
        builder.ints(ends),
        builder.ints(starts.map((_, axis) => axis)),
      ]),
    );
  },
};

/** Attribute axes. The result is plain: what is left of an image is a vector or a map of one channel. */
function lowerReduction(op: "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin"): Lowering {
  return (context, node) => {
    const { builder, placement, layoutOf } = context;
    const [input, output] = [inputOf(node, 0), outputOf(node)];
    const axes = node.attributes.axes as number[];
    const layout = layoutOf(input);
    const shape = builder.ints(output.shape);
    if (layout === "blocked" && axes.join() === "1,2" && (op === "ReduceSum" || op === "ReduceMean")) {
      const mean = blockedPixelMean(context, placement.full(input, layout));
      const pixels = (input.shape[1] as number) * (input.shape[2] as number);
      const result = op === "ReduceMean" ? mean : builder.op("Mul", [mean, builder.scalar(pixels)]);
      placement.put(output, "plain", builder.op("Reshape", [result, shape]));
      return;
    }
    if (layout === "blocked" && axes.join() === "0,1,2" && (op === "ReduceSum" || op === "ReduceMean")) {
      const [batch, height, width, channels] = input.shape as [number, number, number, number];
      const mean = channelMeans(context, placement.full(input, layout), {
        layout,
        shape: [batch, channels, height, width],
      });
      const result =
        op === "ReduceMean" ? mean : builder.op("Mul", [mean, builder.scalar(batch * height * width)]);
      placement.put(output, "plain", builder.op("Reshape", [result, shape]));
      return;
    }
    // Channels come first in nchw, so what is left stays in order only if height and width go together.
    const channelsFirst =
      layout !== "plain" && axes.includes(1) === axes.includes(2) && (axes.includes(1) || axes.includes(3));
    const x = placement.full(input, channelsFirst ? "nchw" : "plain");
    const reduced = channelsFirst ? axes.map((axis) => [0, 2, 3, 1][axis] as number) : axes;
    const kept =
      op === "ReduceSum"
        ? builder.op(op, [x, builder.ints(reduced)], { keepdims: 1 })
        : builder.op(op, [x], { axes: reduced, keepdims: 1 });
    placement.put(output, "plain", builder.op("Reshape", [kept, shape]));
  };
}

function lowerPixelDot(context: Context, node: TracedNode): void {
  const { builder, placement, layoutOf } = context;
  const [a, b, output] = [inputOf(node, 0), inputOf(node, 1), outputOf(node)];
  const [batch, height, width, channels] = a.shape as [number, number, number, number];
  const layouts = new Set([layoutOf(a), layoutOf(b)]);
  const shape = builder.ints(output.shape);
  if (layouts.has("blocked")) {
    const [x, y] = [placement.full(a, "blocked"), placement.full(b, "blocked")];
    const dots = blockedPixelDots(context, x, y, [batch, channels, height, width]);
    placement.put(output, "plain", builder.op("Reshape", [dots, shape]));
    return;
  }
  const [x, y] = [placement.full(a, "nchw"), placement.full(b, "nchw")];
  const sum = builder.op("ReduceSum", [builder.op("Mul", [x, y]), builder.ints([2, 3])], { keepdims: 1 });
  placement.put(output, "plain", builder.op("Reshape", [sum, shape]));
}

function lowerReshape({ builder, placement }: Context, node: TracedNode): void {
  const [input, output] = [inputOf(node, 0), outputOf(node)];
  const ones = output.shape.map(() => 1);
  const isNumber = sizeOfShape(placement.storedShape(input)) === 1;
  const x = isNumber ? placement.compact(input, "plain") : placement.full(input, "plain");
  const shape = isNumber ? ones : output.shape;
  placement.put(output, "plain", builder.op("Reshape", [x, builder.ints(shape)]), shape);
}

/** Repeating along axes of size 1 is left to broadcasting. */
function lowerTile({ builder, placement }: Context, node: TracedNode): void {
  const [input, output] = [inputOf(node, 0), outputOf(node)];
  const reps = node.attributes.reps as number[];
  if (reps.every((count, axis) => count === 1 || input.shape[axis] === 1)) {
    placement.put(output, "plain", placement.compact(input, "plain"), placement.storedShape(input));
    return;
  }
  placement.put(output, "plain", builder.op("Tile", [placement.full(input, "plain"), builder.ints(reps)]));
}
