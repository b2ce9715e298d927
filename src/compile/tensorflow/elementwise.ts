// Element-wise kernels, which TensorFlow mostly has under the same names.

import type { BinaryName, UnaryName, Value } from "../graph/kernels.js";
import { DATA_TYPES, type TfTensor } from "./graph.js";
import { type TfContext, type TfLowerings, typeOf } from "./lowering.js";

type Elementwise =
  | UnaryName
  | BinaryName
  | (
      | "Step"
      | "LeakyRelu"
      | "ClipByValue"
      | "HardSigmoid"
      | "Cast"
      | "EluGrad"
      | "Select"
      | "ReluGradient"
      | "Relu6Gradient"
      | "ScaledSum"
    );

export const ELEMENTWISE: TfLowerings<Elementwise> = {
  Add: same("AddV2"),
  Sub: same("Sub"),
  Multiply: same("Mul"),
  RealDiv: same("RealDiv"),
  Maximum: same("Maximum"),
  Minimum: same("Minimum"),
  Pow: same("Pow"),
  SquaredDifference: same("SquaredDifference"),
  Greater: same("Greater"),
  GreaterEqual: same("GreaterEqual"),
  Less: same("Less"),
  LessEqual: same("LessEqual"),
  Equal: same("Equal"),
  NotEqual: same("NotEqual"),
  LogicalAnd: logical("LogicalAnd"),
  LogicalOr: logical("LogicalOr"),
  LogicalNot: logical("LogicalNot"),
  Relu: same("Relu"),
  Relu6: same("Relu6"),
  Elu: same("Elu"),
  Sigmoid: same("Sigmoid"),
  Tanh: same("Tanh"),
  Softplus: same("Softplus"),
  Exp: same("Exp"),
  Log: same("Log"),
  Neg: same("Neg"),
  Abs: same("Abs"),
  Sign: same("Sign"),
  Erf: same("Erf"),
  Sqrt: same("Sqrt"),
  Rsqrt: same("Rsqrt"),
  Square: same("Square"),
  Reciprocal: same("Reciprocal"),
  EluGrad: same("EluGrad"),
  ReluGradient: same("ReluGrad"),
  Relu6Gradient: same("Relu6Grad"),
  LeakyRelu: ({ builder, tensor }, { inputs: [x], attributes: { alpha } }) =>
    builder.floatOp("LeakyRelu", [tensor(x)], { alpha: { float: alpha } }),
  Step: ({ builder, tensor }, { inputs: [x], attributes: { alpha } }) => {
    const isPositive = builder.floatOp("Greater", [tensor(x), builder.scalar(0)]);
    return builder.floatOp("SelectV2", [isPositive, builder.scalar(1), builder.scalar(alpha)]);
  },
  ClipByValue: ({ builder, tensor }, { inputs: [x], attributes: { clipValueMin, clipValueMax } }) =>
    builder.floatOp("ClipByValue", [tensor(x), builder.scalar(clipValueMin), builder.scalar(clipValueMax)]),
  HardSigmoid: ({ builder, tensor }, { inputs: [x], attributes: { alpha, beta } }) => {
    const line = builder.floatOp("AddV2", [
      builder.floatOp("Mul", [tensor(x), builder.scalar(alpha)]),
      builder.scalar(beta),
    ]);
    return builder.floatOp("ClipByValue", [line, builder.scalar(0), builder.scalar(1)]);
  },
  Cast: ({ builder, tensor }, { inputs: [x], outputs: [y] }) =>
    builder.op("Cast", [tensor(x)], {
      SrcT: { type: DATA_TYPES[x.dtype] },
      DstT: { type: DATA_TYPES[y.dtype] },
    }),
  Select: ({ builder, tensor }, { inputs: [condition, t, e] }) =>
    builder.op("SelectV2", [condition, t, e].map(tensor), { T: typeOf(t) }),
  ScaledSum: ({ builder, tensor }, { inputs: [x, number, y], attributes: { sign } }) => {
    const product = builder.floatOp("Mul", [tensor(x), tensor(number)]);
    // Grappler takes the AddV2 of a matrix product and another row for a bias, and then fails because that is no vector.
    return sign > 0
      ? builder.floatOp("AddN", [tensor(y), product], { N: { int: 2 } })
      : builder.floatOp("Sub", [tensor(y), product]);
  },
};

interface Operation {
  readonly inputs: readonly [Value, ...Value[]];
}

function same(op: string): (context: TfContext, node: Operation) => TfTensor {
  return ({ builder, tensor }, { inputs }) => builder.op(op, inputs.map(tensor), { T: typeOf(inputs[0]) });
}

/** Ops on booleans have no attribute of their type. */
function logical(op: string): (context: TfContext, node: Operation) => TfTensor {
  return ({ builder, tensor }, { inputs }) => builder.op(op, inputs.map(tensor));
}
