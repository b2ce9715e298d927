// Kernels that move numbers, sum them up, or multiply matrices.

import type { Products } from "../../runtime/program.js";
import type { ReductionName, Value } from "../graph/kernels.js";
import { DATA_TYPES, INT32, type TfTensor } from "./graph.js";
import { type TfContext, type TfLowerings, typeOf } from "./lowering.js";
import { product } from "./mixed.js";

type Structure =
  | ("Reshape" | "Tile" | "Transpose" | "PadV2" | "Slice" | "Concat" | "BatchMatMul" | "Softmax" | "PixelDot")
  | ReductionName;

export const STRUCTURE: TfLowerings<Structure> = {
  Sum: reduction("Sum"),
  Mean: reduction("Mean"),
  Max: reduction("Max"),
  Min: reduction("Min"),
  PixelDot: ({ builder, tensor }, { inputs: [a, b], outputs: [y] }) => {
    const product = builder.floatOp("Mul", [tensor(a), tensor(b)]);
    const sum = builder.floatOp("Sum", [product, builder.ints([1, 2])], {
      Tidx: INT32,
      keep_dims: { bool: false },
    });
    return builder.reshape(sum, y.shape);
  },
  Softmax: ({ builder, tensor }, { inputs: [x] }) => builder.floatOp("Softmax", [tensor(x)]),
  Reshape: ({ builder, tensor }, { inputs: [x], outputs: [y] }) =>
    builder.reshape(tensor(x), y.shape, x.dtype),
  Tile: ({ builder, tensor }, { inputs: [x], attributes: { reps } }) =>
    builder.op("Tile", [tensor(x), builder.ints(reps)], { T: typeOf(x), Tmultiples: INT32 }),
  Transpose: ({ builder, tensor }, { inputs: [x], attributes: { perm } }) =>
    builder.op("Transpose", [tensor(x), builder.ints(perm)], { T: typeOf(x), Tperm: INT32 }),
  PadV2: ({ builder, tensor }, { inputs: [x], attributes: { paddings, constantValue } }) =>
    padded({ builder }, tensor(x), paddings, constantValue),
  Slice: ({ builder, tensor }, { inputs: [x], attributes: { starts, sizes } }) =>
    builder.op("Slice", [tensor(x), builder.ints(starts), builder.ints(sizes)], {
      T: typeOf(x),
      Index: INT32,
    }),
  Concat: ({ builder, tensor }, { inputs, attributes: { axis } }) =>
    concatenated({ builder }, inputs.map(tensor), axis),
  // Products of a batch of one, as most are, are faster without the batch.
  BatchMatMul: (context, node) =>
    product(context, node, ([one, other], type) => {
      const {
        inputs: [a, b],
        outputs: [y],
        attributes: { transposeA, transposeB },
      } = node;
      const { builder } = context;
      const T = { type: DATA_TYPES[type] };
      if (y.shape.length !== 3 || a.shape[0] !== 1 || b.shape[0] !== 1)
        return builder.op("BatchMatMulV2", [one, other], {
          T,
          adj_x: { bool: transposeA },
          adj_y: { bool: transposeB },
        });
      const matrices = [
        builder.reshape(one, a.shape.slice(1), type),
        builder.reshape(other, b.shape.slice(1), type),
      ];
      const result = builder.op("MatMul", matrices, {
        T,
        transpose_a: { bool: transposeA },
        transpose_b: { bool: transposeB },
      });
      return builder.reshape(result, y.shape, type);
    }),
};

/** Of floats. */
export function padded(
  { builder }: Pick<TfContext, "builder">,
  x: TfTensor,
  paddings: readonly (readonly [number, number])[],
  value: number,
): TfTensor {
  const sizes = builder.constant("int32", [paddings.length, 2], paddings.flat());
  return builder.floatOp("PadV2", [x, sizes, builder.scalar(value)], { Tpaddings: INT32 });
}

export function concatenated(
  { builder }: Pick<TfContext, "builder">,
  parts: readonly TfTensor[],
  axis: number,
  type: Products = "float32",
): TfTensor {
  return builder.op("ConcatV2", [...parts, builder.constant("int32", [], [axis])], {
    T: { type: DATA_TYPES[type] },
    N: { int: parts.length },
    Tidx: INT32,
  });
}

interface Reduction {
  readonly inputs: readonly [Value];
  readonly attributes: { readonly axes: readonly number[] };
  readonly outputs: readonly [Value];
}

function reduction(op: string): (context: TfContext, node: Reduction) => TfTensor {
  return ({ builder, tensor }, { inputs: [x], attributes: { axes }, outputs: [y] }) =>
    builder.op(op, [tensor(x), builder.ints(axes)], {
      T: typeOf(x),
      Tidx: INT32,
      keep_dims: { bool: x.shape.length === y.shape.length && axes.length > 0 },
    });
}
