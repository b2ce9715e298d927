// What each tfjs kernel gives when it is traced: the shapes of its outputs. Fused kernels are taken apart here.

import * as tf from "@tensorflow/tfjs-core";
import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT } from "../model/batch-norm-kernels.js";
import { TRACE_BACKEND, type TraceBackend } from "./trace-backend.js";
import { CONV_KERNELS } from "./trace-conv-kernels.js";
import { type Attributes, dtypeOf, type Info, type Inputs, type Kernel, one } from "./trace-kernel.js";
import { type DataType, sizeOfShape } from "./traced-graph.js";

export function registerTraceKernels(backend: TraceBackend): void {
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    if (tf.getKernel(kernelName, TRACE_BACKEND)) continue;
    tf.registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs }) =>
        kernel(backend, inputs as unknown as Inputs, (attrs ?? {}) as unknown as Attributes),
    });
  }
}

const unary =
  (kernel: string): Kernel =>
  (backend, { x }, attributes) =>
    one(backend, kernel, [x as Info], (x as Info).shape, attributes, dtypeOf(x as Info));

const binary =
  (kernel: string, dtype?: DataType): Kernel =>
  (backend, { a, b }) => {
    const shape = tf.backend_util.assertAndGetBroadcastShape((a as Info).shape, (b as Info).shape);
    return one(backend, kernel, [a as Info, b as Info], shape, {}, dtype ?? dtypeOf(a as Info));
  };

/** Attributes after: axes, sorted and not negative. */
const reduction =
  (kernel: string): Kernel =>
  (backend, { x }, { axis, reductionIndices, keepDims }) => {
    const input = x as Info;
    const axes = tf.util
      .parseAxisParam((axis ?? reductionIndices) as number | number[], input.shape)
      .sort((a, b) => a - b);
    const [reduced] = tf.backend_util.computeOutAndReduceShapes(input.shape, axes);
    const shape = keepDims === true ? tf.backend_util.expandShapeToKeepDim(reduced, axes) : reduced;
    return one(backend, kernel, [input], shape, { axes }, dtypeOf(input));
  };

const softmax: Kernel = (backend, { logits }, { dim }) =>
  one(backend, "Softmax", [logits as Info], (logits as Info).shape, { dim });

const matMul: Kernel = (backend, { a, b }, { transposeA, transposeB }) => {
  const [left, right] = [a as Info, b as Info];
  const rank = left.shape.length;
  const rows = left.shape[transposeA === true ? rank - 1 : rank - 2] as number;
  const columns = right.shape[transposeB === true ? rank - 2 : rank - 1] as number;
  return one(backend, "BatchMatMul", [left, right], [...left.shape.slice(0, -2), rows, columns], {
    transposeA,
    transposeB,
  });
};

/** Bias and activation behind a kernel that tfjs has fused with them. */
const fused =
  (kernel: Kernel): Kernel =>
  (backend, inputs, attributes) => {
    let result = kernel(backend, inputs, attributes) as Info;
    const add = KERNELS.Add as Kernel;
    if (inputs.bias) result = add(backend, { a: result, b: inputs.bias }, {}) as Info;
    const activation = attributes.activation;
    if (activation === undefined || activation === null || activation === "linear") return result;
    const name = String(activation);
    return unary(name.charAt(0).toUpperCase() + name.slice(1))(backend, { x: result }, {});
  };

const filled =
  (value: number): Kernel =>
  (backend, { x }) => {
    const { shape, dtype } = x as Info;
    return backend.addConstant(new Float32Array(sizeOfShape(shape)).fill(value), shape, dtype as DataType);
  };

const KERNELS: Readonly<Record<string, Kernel>> = {
  Add: binary("Add"),
  Sub: binary("Sub"),
  Multiply: binary("Multiply"),
  RealDiv: binary("RealDiv"),
  Maximum: binary("Maximum"),
  Minimum: binary("Minimum"),
  Pow: binary("Pow"),
  SquaredDifference: binary("SquaredDifference"),
  Greater: binary("Greater", "bool"),
  GreaterEqual: binary("GreaterEqual", "bool"),
  Less: binary("Less", "bool"),
  LessEqual: binary("LessEqual", "bool"),
  Equal: binary("Equal", "bool"),
  NotEqual: binary("NotEqual", "bool"),
  LogicalAnd: binary("LogicalAnd", "bool"),
  LogicalOr: binary("LogicalOr", "bool"),
  LogicalNot: unary("LogicalNot"),
  Relu: unary("Relu"),
  Sigmoid: unary("Sigmoid"),
  Tanh: unary("Tanh"),
  Exp: unary("Exp"),
  Log: unary("Log"),
  Neg: unary("Neg"),
  Abs: unary("Abs"),
  Sqrt: unary("Sqrt"),
  Rsqrt: unary("Rsqrt"),
  Square: unary("Square"),
  Step: unary("Step"),
  Sign: unary("Sign"),
  Relu6: unary("Relu6"),
  Elu: unary("Elu"),
  EluGrad: (backend, { dy, y }) => one(backend, "EluGrad", [dy as Info, y as Info], (y as Info).shape),
  LeakyRelu: unary("LeakyRelu"),
  Softplus: unary("Softplus"),
  ClipByValue: unary("ClipByValue"),
  Reciprocal: unary("Reciprocal"),
  Softmax: softmax,
  Select: (backend, { condition, t, e }) =>
    one(backend, "Select", [condition, t, e] as Info[], (t as Info).shape, {}, dtypeOf(t as Info)),
  AddN: (backend, inputs) => {
    const add = KERNELS.Add as Kernel;
    return Object.values(inputs).reduce((a, b) => add(backend, { a, b }, {}) as Info);
  },
  ExpandDims: (backend, { input }, { dim }) => {
    const { shape } = input as Info;
    const at = (dim as number) < 0 ? shape.length + 1 + (dim as number) : (dim as number);
    return backend.view(input as Info, [...shape.slice(0, at), 1, ...shape.slice(at)]);
  },
  Concat: (backend, inputs, { axis }) => {
    const parts = Object.values(inputs);
    const first = parts[0] as Info;
    const at = tf.util.parseAxisParam(axis as number, first.shape)[0] as number;
    const shape = first.shape.map((size, index) =>
      index === at ? sum(parts.map((part) => part.shape[at] as number)) : size,
    );
    return one(backend, "Concat", parts, shape, { axis: at });
  },
  SplitV: (backend, { x }, { numOrSizeSplits, axis }) => {
    const input = x as Info;
    const at = tf.util.parseAxisParam(axis as number, input.shape)[0] as number;
    const sizes = tf.backend_util.prepareSplitSize(
      input as tf.Tensor,
      numOrSizeSplits as number[] | number,
      at,
    );
    let start = 0;
    return sizes.map((size) => {
      const starts = input.shape.map((_, index) => (index === at ? start : 0));
      const shape = input.shape.map((whole, index) => (index === at ? size : whole));
      start += size;
      return one(backend, "Slice", [input], shape, { starts, sizes: shape });
    });
  },
  Identity: (backend, { x }) => backend.alias(x as Info),
  Cast: (backend, { x }, { dtype }) =>
    dtype === (x as Info).dtype
      ? backend.alias(x as Info)
      : one(backend, "Cast", [x as Info], (x as Info).shape, {}, dtype as DataType),
  Reshape: (backend, { x }, { shape }) =>
    backend.view(
      x as Info,
      tf.util.inferFromImplicitShape(shape as number[], sizeOfShape((x as Info).shape)),
    ),
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Fill: (backend, _, { shape, value, dtype }) =>
    backend.addConstant(
      new Float32Array(sizeOfShape(shape as number[])).fill(value as number),
      shape as number[],
      (dtype ?? "float32") as DataType,
    ),
  Sum: reduction("Sum"),
  Mean: reduction("Mean"),
  Max: reduction("Max"),
  Min: reduction("Min"),
  Tile: (backend, { x }, { reps }) => {
    const counts = reps as number[];
    return one(
      backend,
      "Tile",
      [x as Info],
      (x as Info).shape.map((size, axis) => size * (counts[axis] as number)),
      { reps },
      dtypeOf(x as Info),
    );
  },
  Transpose: (backend, { x }, { perm }) =>
    one(
      backend,
      "Transpose",
      [x as Info],
      (perm as number[]).map((axis) => (x as Info).shape[axis] as number),
      { perm },
    ),
  PadV2: (backend, { x }, { paddings, constantValue }) =>
    one(
      backend,
      "PadV2",
      [x as Info],
      (x as Info).shape.map((size, axis) => size + sum((paddings as number[][])[axis] as number[])),
      { paddings, constantValue },
    ),
  Slice: (backend, { x }, { begin, size }) => {
    const [starts, sizes] = tf.slice_util.parseSliceParams(
      x as tf.Tensor,
      begin as number[],
      size as number[],
    ) as [number[], number[]];
    return one(backend, "Slice", [x as Info], sizes, { starts, sizes });
  },
  BatchMatMul: matMul,
  _FusedMatMul: fused(matMul),
  ...CONV_KERNELS,
  FusedConv2D: fused(CONV_KERNELS.Conv2D as Kernel),
  FusedDepthwiseConv2D: fused(CONV_KERNELS.DepthwiseConv2dNative as Kernel),
  FusedBatchNorm: (backend, { x, scale, offset, mean, variance }, { varianceEpsilon }) =>
    one(backend, "FusedBatchNorm", [x, mean, variance, offset, scale] as Info[], (x as Info).shape, {
      epsilon: varianceEpsilon,
    }),
  [BATCH_NORM_TRAIN]: (backend, { x, gamma, beta }, { epsilon }) => {
    const channel = { shape: (gamma as Info).shape, dtype: "float32" as const };
    return backend.record(BATCH_NORM_TRAIN, [x, gamma, beta] as Info[], { epsilon }, [
      { shape: (x as Info).shape, dtype: "float32" },
      channel,
      channel,
      channel,
    ]);
  },
  [BATCH_NORM_TRAIN_GRADIENT]: (backend, { dy, x, gamma, mean, scale }) => {
    const channel = { shape: (gamma as Info).shape, dtype: "float32" as const };
    return backend.record(BATCH_NORM_TRAIN_GRADIENT, [dy, x, gamma, mean, scale] as Info[], {}, [
      { shape: (x as Info).shape, dtype: "float32" },
      channel,
      channel,
    ]);
  },
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
