// Element-wise kernels, on operands of any layout.

import tf from "../../tfjs-core.cjs";
import type { NodeOf } from "../graph/graph.js";
import type { BinaryName, UnaryName, Value } from "../graph/kernels.js";
import type { Inputs, Recording } from "../graph/recording.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { BFLOAT16, DATA_TYPES, FLOAT } from "../onnx/messages.js";
import { lowerBlocked } from "./blocked-operands.js";
import { broadcasting } from "./broadcasting.js";
import type { Context, Lowering, Ops } from "./op.js";
import { lowerScaledSum } from "./scaled-sum.js";

type UnaryKernel = UnaryName | "Step" | "LeakyRelu" | "ClipByValue" | "HardSigmoid" | "Cast";

export const ELEMENTWISE: Ops<
  | UnaryKernel
  | BinaryName
  | "EluGrad"
  | "Select"
  | "ReluGradient"
  | "Relu6Gradient"
  | "ScaledSum"
  | "Bfloat16"
> = {
  Add: binary("Add"),
  Sub: binary("Sub"),
  Multiply: binary("Multiply", "Mul"),
  RealDiv: binary("RealDiv", "Div"),
  Maximum: binary("Maximum", "Max"),
  Minimum: binary("Minimum", "Min"),
  Pow: binary("Pow"),
  Greater: comparison("Greater"),
  GreaterEqual: comparison("GreaterEqual", "GreaterOrEqual"),
  Less: comparison("Less"),
  LessEqual: comparison("LessEqual", "LessOrEqual"),
  Equal: comparison("Equal"),
  LogicalAnd: comparison("LogicalAnd", "And"),
  LogicalOr: comparison("LogicalOr", "Or"),
  NotEqual: {
    ...comparison("NotEqual"),
    lower: broadcasting(({ builder }, operands) => builder.op("Not", [builder.op("Equal", operands)])),
  },
  SquaredDifference: {
    ...binary("SquaredDifference"),
    lower: broadcasting(({ builder }, operands) => {
      const difference = builder.op("Sub", operands);
      return builder.op("Mul", [difference, difference]);
    }),
  },
  Relu: unary("Relu"),
  Sigmoid: unary("Sigmoid"),
  Tanh: unary("Tanh"),
  Exp: unary("Exp"),
  Log: unary("Log"),
  Neg: unary("Neg"),
  Abs: unary("Abs"),
  Sign: unary("Sign"),
  Sqrt: unary("Sqrt"),
  Reciprocal: unary("Reciprocal"),
  Softplus: unary("Softplus"),
  Erf: unary("Erf"),
  LogicalNot: unary("LogicalNot", ({ builder }, x) => builder.op("Not", [x])),
  Rsqrt: unary("Rsqrt", ({ builder }, x) => builder.op("Reciprocal", [builder.op("Sqrt", [x])])),
  Square: unary("Square", ({ builder }, x) => builder.op("Mul", [x, x])),
  Relu6: unary("Relu6", ({ builder }, x) => builder.clip(x, [0, 6])),
  Elu: unary("Elu", ({ builder }, x) => builder.op("Elu", [x], { alpha: 1 })),
  Step: {
    record: (recorder, { x }: Inputs<"x">, { alpha }: { alpha?: number }) =>
      recorder.record("Step", [x], { alpha: alpha ?? 0 }, x),
    layout: "follow",
    lower: lowerUnary<NodeOf<"Step">>(({ builder }, x, { attributes: { alpha } }) => {
      const positive = isPositive(builder, x);
      if (alpha === 0) return positive;
      return builder.op("Add", [
        builder.op("Mul", [positive, builder.scalar(1 - alpha)]),
        builder.scalar(alpha),
      ]);
    }),
  },
  HardSigmoid: {
    layout: "follow",
    lower: lowerUnary<NodeOf<"HardSigmoid">>(({ builder }, x, { attributes: { alpha, beta } }) =>
      builder.op("HardSigmoid", [x], { alpha, beta }),
    ),
  },
  LeakyRelu: {
    record: (recorder, { x }: Inputs<"x">, { alpha }: { alpha: number }) =>
      recorder.record("LeakyRelu", [x], { alpha }, x),
    layout: "follow",
    lower: lowerUnary<NodeOf<"LeakyRelu">>(({ builder }, x, { attributes: { alpha } }) =>
      builder.op("LeakyRelu", [x], { alpha }),
    ),
  },
  ClipByValue: {
    record: (recorder, { x }: Inputs<"x">, attributes: { clipValueMin: number; clipValueMax: number }) =>
      recorder.record("ClipByValue", [x], attributes, x),
    layout: "follow",
    lower: lowerUnary<NodeOf<"ClipByValue">>(
      ({ builder }, x, { attributes: { clipValueMin, clipValueMax } }) =>
        builder.clip(x, [clipValueMin, clipValueMax]),
    ),
  },
  Cast: {
    record: (recorder, { x }: Inputs<"x">, { dtype }: { dtype: string }) =>
      dtype === x.dtype ? recorder.alias(x) : recorder.record("Cast", [x], {}, { shape: x.shape, dtype }),
    layout: "follow",
    lower: lowerUnary<NodeOf<"Cast">>(({ builder }, x, { outputs: [output] }) =>
      builder.op("Cast", [x], { to: DATA_TYPES[output.dtype] }),
    ),
  },
  EluGrad: {
    record: (recorder, { dy, y }: Inputs<"dy" | "y">) => recorder.record("EluGrad", [dy, y], {}, y),
    layout: "follow",
    // y + 1 where y is negative, 1 elsewhere.
    lower: broadcasting(({ builder }, [dy, y]) => {
      const slope = builder.op("Add", [builder.op("Min", [y, builder.scalar(0)]), builder.scalar(1)]);
      return builder.op("Mul", [dy, slope]);
    }),
  },
  Select: {
    record: (recorder, { condition, t, e }: Inputs<"condition" | "t" | "e">) =>
      recorder.record("Select", [condition, t, e], {}, t),
    layout: "follow",
    lower: broadcasting(({ builder }, operands) => builder.op("Where", operands)),
  },
  ReluGradient: {
    layout: "follow",
    // Where the output of a ReLU is positive, so was its input.
    lower: broadcasting(({ builder }, [dy, y]) => builder.op("Mul", [dy, isPositive(builder, y)])),
  },
  Relu6Gradient: {
    layout: "follow",
    lower: broadcasting(({ builder }, [dy, y]) =>
      builder.op("Mul", [builder.op("Mul", [dy, isPositive(builder, y)]), isBelowSix(builder, y)]),
    ),
  },
  ScaledSum: { layout: "follow", lower: lowerScaledSum },
  Bfloat16: {
    layout: "follow",
    lower: lowerUnary<NodeOf<"Bfloat16">>(({ builder }, x) =>
      builder.op("Cast", [builder.op("Cast", [x], { to: BFLOAT16 })], { to: FLOAT }),
    ),
  },
};

/** 1 where x is positive and 0 elsewhere: a very steep hard sigmoid, which is the cheapest mask. */
function isPositive(builder: OnnxBuilder, x: string): string {
  return builder.op("HardSigmoid", [x], { alpha: 3e38, beta: 0 });
}

/** 1 where y, which is at most 6, is less than 6, and 0 where it is 6: a hard sigmoid that rises to 1 within the last bit of y. */
function isBelowSix(builder: OnnxBuilder, y: string): string {
  return builder.op("HardSigmoid", [y], { alpha: -(2 ** 22), beta: 6 * 2 ** 22 });
}

function unary<Name extends UnaryName>(
  kernel: Name,
  emit: (context: Context, x: string) => string = ({ builder }, x) => builder.op(kernel, [x]),
) {
  const record: Recording = (recorder, { x }: Inputs<"x">) => recorder.record<UnaryName>(kernel, [x], {}, x);
  return { record, layout: "follow", lower: lowerUnary(emit) } as const;
}

/** The result is compact if the operand is. */
function lowerUnary<Node extends { inputs: readonly [Value]; outputs: readonly [Value] }>(
  emit: (context: Context, x: string, node: Node) => string,
): (context: Context, node: Node) => void {
  return (context, node) => {
    const { placement, layoutOf } = context;
    const [x] = node.inputs;
    const [output] = node.outputs;
    const layout = layoutOf(output);
    const result = emit(context, placement.compact(x, layout), node);
    placement.put(output, layout, result, placement.storedShape(x));
  };
}

function binary<Name extends BinaryName>(kernel: Name, op: string = kernel, dtype?: "bool") {
  const record: Recording = (recorder, { a, b }: Inputs<"a" | "b">) => {
    const shape = tf.backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
    return recorder.record<BinaryName>(kernel, [a, b], {}, { shape, dtype: dtype ?? a.dtype });
  };
  const direct = broadcasting(({ builder }, operands, alike) =>
    op === "Add" && alike === "alike and blocked" ? builder.blockedSum(operands) : builder.op(op, operands),
  );
  const lower: Lowering<Name> = (context, node) => {
    if (!lowerBlocked(context, node, op)) direct(context, node);
  };
  return { record, layout: "follow", lower } as const;
}

function comparison<Name extends BinaryName>(kernel: Name, op: string = kernel) {
  return binary(kernel, op, "bool");
}
