// The vocabulary of traced graphs: for each kernel, its inputs in order, its attributes as recorded, and its outputs.
// The names are those of tfjs, except for custom kernels and those that only passes create.

import type { backend_util } from "@tensorflow/tfjs-core";
import type { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT } from "../../model/batch-norm-kernels.js";

export type DataType = "float32" | "int32" | "bool";

export interface Value {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

interface Kernel<
  Inputs extends readonly Value[],
  Attributes = Readonly<Record<never, never>>,
  Outputs extends readonly Value[] = readonly [Value],
> {
  readonly inputs: Inputs;
  readonly attributes: Attributes;
  readonly outputs: Outputs;
}

/** The sizes of a convolution or a pool as computed by tfjs. */
export type ConvInfo = backend_util.Conv2DInfo;

export interface ConvAttributes {
  readonly info: ConvInfo;
  readonly groups: number;
}

interface PoolAttributes {
  readonly info: ConvInfo;
}

/** Sorted, from 0. The shape of the output tells whether the reduced axes are kept with size 1 or dropped. */
interface Axes {
  readonly axes: readonly number[];
}

interface BatchNormGradientAttributes {
  /** Whether dx is divided by gamma scale. */
  readonly isDivided: boolean;
}

type Unary<Attributes = Readonly<Record<never, never>>> = Kernel<readonly [x: Value], Attributes>;
type Binary = Kernel<readonly [a: Value, b: Value]>;

export type UnaryName =
  | ("Relu" | "Relu6" | "Elu" | "Sigmoid" | "Tanh" | "Softplus" | "Exp" | "Log" | "Neg" | "Abs" | "Sign")
  | ("Erf" | "Sqrt" | "Rsqrt" | "Square" | "Reciprocal" | "LogicalNot");

export type BinaryName =
  | ("Add" | "Sub" | "Multiply" | "RealDiv" | "Maximum" | "Minimum" | "Pow" | "SquaredDifference")
  | ("Greater" | "GreaterEqual" | "Less" | "LessEqual" | "Equal" | "NotEqual" | "LogicalAnd" | "LogicalOr");

export type ReductionName = "Sum" | "Mean" | "Max" | "Min";

export interface Kernels
  extends Record<UnaryName, Unary>,
    Record<BinaryName, Binary>,
    Record<ReductionName, Unary<Axes>> {
  /** 1 where x is positive, alpha elsewhere. */
  Step: Unary<{ readonly alpha: number }>;
  LeakyRelu: Unary<{ readonly alpha: number }>;
  ClipByValue: Unary<{ readonly clipValueMin: number; readonly clipValueMax: number }>;
  /** alpha x + beta, at least 0 and at most 1. */
  HardSigmoid: Unary<{ readonly alpha: number; readonly beta: number }>;
  /** Converts to the data type of the output. */
  Cast: Unary;
  EluGrad: Kernel<readonly [dy: Value, y: Value]>;
  Select: Kernel<readonly [condition: Value, t: Value, e: Value]>;
  Softmax: Unary<{ readonly dim: number }>;
  Reshape: Unary;
  Tile: Unary<{ readonly reps: readonly number[] }>;
  Transpose: Unary<{ readonly perm: readonly number[] }>;
  PadV2: Unary<{ readonly paddings: readonly (readonly [number, number])[]; readonly constantValue: number }>;
  Slice: Unary<{ readonly starts: readonly number[]; readonly sizes: readonly number[] }>;
  Concat: Kernel<readonly Value[], { readonly axis: number }>;
  /** The numbers of a vector, so many in each output. */
  Split: Kernel<readonly [x: Value], { readonly sizes: readonly number[] }, readonly Value[]>;
  BatchMatMul: Kernel<
    readonly [a: Value, b: Value],
    { readonly transposeA: boolean; readonly transposeB: boolean }
  >;
  /** filter: [height, width, input channels of a group, output channels of all groups]. */
  Conv2D: Kernel<readonly [x: Value, filter: Value], ConvAttributes>;
  Conv2DBackpropInput: Kernel<readonly [dy: Value, filter: Value], ConvAttributes>;
  Conv2DBackpropFilter: Kernel<readonly [x: Value, dy: Value], ConvAttributes>;
  MaxPool: Unary<PoolAttributes>;
  /** The mean of the pixels in a window that are not padding. */
  AvgPool: Unary<PoolAttributes>;
  MaxPoolGrad: Kernel<readonly [dy: Value, x: Value], PoolAttributes>;
  AvgPoolGrad: Kernel<readonly [dy: Value], PoolAttributes>;
  FusedBatchNorm: Kernel<
    readonly [x: Value, mean: Value, variance: Value, offset: Value, scale: Value],
    { readonly epsilon: number }
  >;
  [BATCH_NORM_TRAIN]: Kernel<
    readonly [x: Value, gamma: Value, beta: Value],
    { readonly epsilon: number },
    readonly [y: Value, mean: Value, scale: Value, variance: Value]
  >;
  [BATCH_NORM_TRAIN_GRADIENT]: Kernel<
    readonly [dy: Value, x: Value, gamma: Value, mean: Value, scale: Value],
    BatchNormGradientAttributes,
    readonly [dx: Value, dgamma: Value, dbeta: Value]
  >;
  /** Those outputs of BatchNormTrain that have one number per channel. */
  BatchNormMoments: Kernel<
    readonly [x: Value],
    { readonly epsilon: number },
    readonly [mean: Value, scale: Value, variance: Value]
  >;
  /** BatchNormTrainGradient for dy = gate dz + shift. dz: images; gate, shift: [batch, 1, 1, channels]. */
  GatedBatchNormGradient: Kernel<
    readonly [dz: Value, gate: Value, shift: Value, x: Value, gamma: Value, mean: Value, scale: Value],
    BatchNormGradientAttributes,
    readonly [dx: Value, dgamma: Value, dbeta: Value]
  >;
  /** scale x + shift. x: images; scale, shift: [batch, 1, 1, channels]. */
  ChannelAffine: Kernel<readonly [x: Value, scale: Value, shift: Value]>;
  /** dy where y, the output of a ReLU, is positive; 0 elsewhere. */
  ReluGradient: Kernel<readonly [dy: Value, y: Value]>;
  /** dy where y, the output of a ReLU6, is positive and less than 6; 0 elsewhere. */
  Relu6Gradient: Kernel<readonly [dy: Value, y: Value]>;
  /** y + sign x number, where `number` has one element. */
  ScaledSum: Kernel<readonly [x: Value, number: Value, y: Value], { readonly sign: 1 | -1 }>;
  /** The nearest number that bfloat16 has; of two, the one whose last bit is 0. */
  Bfloat16: Unary;
  /** The sum of a times b over height and width. */
  PixelDot: Kernel<readonly [a: Value, b: Value]>;
}

export type KernelName = keyof Kernels;
