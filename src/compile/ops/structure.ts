// Matrix products, softmax, and kernels that rearrange numbers.

import tf from "../../tfjs-core.cjs";
import { type NodeOf, sizeOfShape } from "../graph/graph.js";
import type { Info, Recorder } from "../graph/recorder.js";
import type { Inputs } from "../graph/recording.js";
import { MICROSOFT_DOMAIN } from "../onnx/graph.js";
import type { Context, LayoutContext, Ops } from "./op.js";
import { FROM_NCHW, IN_NCHW, type Layout } from "./placement.js";

export const STRUCTURE: Ops<
  "Softmax" | "Concat" | "Split" | "Reshape" | "Tile" | "BatchMatMul" | "Transpose" | "PadV2" | "Slice"
> = {
  Softmax: {
    record: (recorder, { logits }: Inputs<"logits">, { dim }: { dim: number }) =>
      recorder.record("Softmax", [logits], { dim }, { shape: logits.shape }),
    layout: "plain",
    lower: ({ builder, placement }, { inputs: [x], attributes: { dim }, outputs: [output] }) => {
      const softmax = builder.op("Softmax", [placement.full(x, "plain")], { axis: dim });
      placement.put(output, "plain", softmax);
    },
  },
  Concat: {
    record: (recorder, inputs: Readonly<Record<string, Info>>, { axis }: { axis: number }) => {
      const parts = Object.values(inputs);
      const [first, ...rest] = parts;
      if (!first) throw new Error("nothing to concatenate");
      const [at = 0] = tf.util.parseAxisParam(axis, first.shape);
      const shape = first.shape.map((size, index) =>
        index === at ? rest.reduce((sum, part) => sum + (part.shape[at] ?? 0), size) : size,
      );
      return recorder.record("Concat", parts, { axis: at }, { shape });
    },
    layout: concatLayout,
    lower: ({ builder, placement, layoutOf }, { inputs, attributes, outputs: [output] }) => {
      const layout = layoutOf(output);
      const parts = inputs.map((input) => placement.full(input, layout));
      const axis = layout === "plain" ? attributes.axis : 1;
      placement.put(output, layout, builder.op("Concat", parts, { axis }));
    },
  },
  Split: {
    layout: "plain",
    lower: ({ builder, placement }, { inputs: [x], attributes: { sizes }, outputs }) => {
      const parts = builder.several(
        "Split",
        [placement.full(x, "plain"), builder.ints(sizes)],
        { axis: 0 },
        outputs.length,
      );
      for (const [index, output] of outputs.entries()) placement.put(output, "plain", parts[index] as string);
    },
  },
  Reshape: {
    record: (recorder, { x }: Inputs<"x">, { shape }: { shape: number[] }) =>
      recorder.view(x, tf.util.inferFromImplicitShape(shape, sizeOfShape(x.shape))),
    layout: "plain",
    lower: lowerReshape,
  },
  Tile: {
    record: (recorder, { x }: Inputs<"x">, { reps }: { reps: readonly number[] }) => {
      const shape = x.shape.map((size, axis) => size * (reps[axis] ?? 1));
      return recorder.record("Tile", [x], { reps }, { shape, dtype: x.dtype });
    },
    layout: "plain",
    lower: lowerTile,
  },
  BatchMatMul: {
    record: recordMatMul,
    layout: "plain",
    lower: ({ builder, placement }, { inputs: [a, b], attributes, outputs: [output] }) => {
      const operands = [placement.full(a, "plain"), placement.full(b, "plain")];
      const transposed = { transA: attributes.transposeA ? 1 : 0, transB: attributes.transposeB ? 1 : 0 };
      placement.put(output, "plain", builder.op("FusedMatMul", operands, transposed, MICROSOFT_DOMAIN));
    },
  },
  Transpose: {
    record: (recorder, { x }: Inputs<"x">, { perm }: { perm: readonly number[] }) => {
      const shape = perm.map((axis) => x.shape[axis] ?? 1);
      return recorder.record("Transpose", [x], { perm }, { shape });
    },
    // Rows that stay whole are copied at once.
    layout: ({ inputs: [x], attributes: { perm } }, { layoutOf }) =>
      layoutOf(x) !== "plain" && perm[2] === 2 && perm[3] !== 3 ? "nchw" : "plain",
    lower: ({ builder, placement, layoutOf }, { inputs: [x], attributes, outputs: [output] }) => {
      const layout = layoutOf(output);
      const perm =
        layout === "nchw"
          ? FROM_NCHW.map((axis) => IN_NCHW[attributes.perm[axis] as number] as number)
          : attributes.perm;
      placement.put(output, layout, builder.op("Transpose", [placement.full(x, layout)], { perm }));
    },
  },
  PadV2: {
    record: (
      recorder,
      { x }: Inputs<"x">,
      { paddings, constantValue }: { paddings: [number, number][]; constantValue: number },
    ) => {
      const shape = x.shape.map(
        (size, axis) => size + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0),
      );
      return recorder.record("PadV2", [x], { paddings, constantValue }, { shape });
    },
    layout: "plain",
    lower: ({ builder, placement }, { inputs: [x], attributes, outputs: [output] }) => {
      const { paddings, constantValue } = attributes;
      const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
      const operands = [placement.full(x, "plain"), builder.ints(pads), builder.scalar(constantValue)];
      placement.put(output, "plain", builder.op("Pad", operands));
    },
  },
  Slice: {
    record: (recorder, { x }: Inputs<"x">, { begin, size }: { begin: number[]; size: number[] }) => {
      const [starts = [], sizes = []] = tf.slice_util.parseSliceParams(x, begin, size);
      return recorder.record("Slice", [x], { starts, sizes }, { shape: sizes });
    },
    // Some channels of a map are few long pieces of memory in nchw, and many short ones otherwise.
    layout: ({ inputs: [x] }, { layoutOf }) => (layoutOf(x) === "nchw" ? "nchw" : "plain"),
    lower: (context, { inputs: [x], attributes: { starts, sizes }, outputs: [output] }) => {
      const { builder, placement, layoutOf } = context;
      const layout = layoutOf(output);
      const axes = starts.map((_, axis) => (layout === "nchw" ? (IN_NCHW[axis] as number) : axis));
      const ends = starts.map((start, axis) => start + (sizes[axis] ?? 0));
      const ranges = [starts, ends, axes].map((list) => builder.ints(list));
      placement.put(output, layout, builder.op("Slice", [placement.full(x, layout), ...ranges]));
    },
  },
};

export interface MatMulArguments {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export function recordMatMul(
  recorder: Recorder,
  { a, b }: Inputs<"a" | "b">,
  { transposeA, transposeB }: MatMulArguments,
): Info {
  const rows = a.shape.at(transposeA ? -1 : -2) ?? 1;
  const columns = b.shape.at(transposeB ? -2 : -1) ?? 1;
  const shape = [...a.shape.slice(0, -2), rows, columns];
  return recorder.record("BatchMatMul", [a, b], { transposeA, transposeB }, { shape });
}

/** Images are concatenated in their own layout only along channels. Networks do not need other axes. */
function concatLayout({ inputs, attributes }: NodeOf<"Concat">, { layoutOf, block }: LayoutContext): Layout {
  if (attributes.axis !== 3) return "plain";
  const found = new Set(inputs.map(layoutOf));
  const whole = block !== null && inputs.every(({ shape }) => (shape[3] ?? 1) % block === 0);
  if (found.has("blocked") && whole) return "blocked";
  // Maps have the same order in both layouts, and in nchw are concatenated in long pieces.
  if (inputs.every(({ shape }) => shape[3] === 1)) return "nchw";
  return found.has("blocked") || found.has("nchw") ? "nchw" : "plain";
}

function lowerReshape({ builder, placement }: Context, node: NodeOf<"Reshape">): void {
  const [input] = node.inputs;
  const [output] = node.outputs;
  const ones = output.shape.map(() => 1);
  const isNumber = sizeOfShape(placement.storedShape(input)) === 1;
  const x = isNumber ? placement.compact(input, "plain") : placement.full(input, "plain");
  const shape = isNumber ? ones : output.shape;
  placement.put(output, "plain", builder.op("Reshape", [x, builder.ints(shape)]), shape);
}

/** Repetition along axes of size 1 needs no node, because the result stays compact. */
function lowerTile({ builder, placement }: Context, node: NodeOf<"Tile">): void {
  const [input] = node.inputs;
  const [output] = node.outputs;
  const { reps } = node.attributes;
  if (reps.every((count, axis) => count === 1 || input.shape[axis] === 1)) {
    placement.put(output, "plain", placement.compact(input, "plain"), placement.storedShape(input));
    return;
  }
  placement.put(output, "plain", builder.op("Tile", [placement.full(input, "plain"), builder.ints(reps)]));
}
