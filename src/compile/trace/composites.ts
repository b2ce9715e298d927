// Recordings of tfjs kernels as other kernels of the vocabulary, or as none.

import {
  GROUPED_CONV,
  GROUPED_CONV_FILTER_GRADIENT,
  GROUPED_CONV_INPUT_GRADIENT,
} from "../../model/grouped-conv-kernels.js";
import tf from "../../tfjs-core.cjs";
import { sizeOfShape, UnsupportedKernelError } from "../graph/graph.js";
import { dtypeOf, type Info, type Recorder } from "../graph/recorder.js";
import type { Inputs, Recording } from "../graph/recording.js";
import {
  type ConvArguments,
  recordConv,
  recordFilterGradient,
  recordInputGradient,
} from "../ops/conv-recording.js";
import { type MatMulArguments, recordMatMul } from "../ops/structure.js";

export const COMPOSITES: Readonly<Record<string, Recording>> = {
  AddN: (recorder, inputs: Readonly<Record<string, Info>>) =>
    Object.values(inputs).reduce((a, b) => recorder.record("Add", [a, b], {}, a)),
  ExpandDims: (recorder, { input }: Inputs<"input">, { dim }: { dim: number }) => {
    const { shape } = input;
    const at = dim < 0 ? shape.length + 1 + dim : dim;
    return recorder.view(input, [...shape.slice(0, at), 1, ...shape.slice(at)]);
  },
  SplitV: (recorder, { x }: Inputs<"x">, { numOrSizeSplits, axis }: SplitArguments) => {
    const [at = 0] = tf.util.parseAxisParam(axis, x.shape);
    let start = 0;
    return tf.backend_util.prepareSplitSize(x, numOrSizeSplits, at).map((size) => {
      const starts = x.shape.map((_, index) => (index === at ? start : 0));
      const sizes = x.shape.map((whole, index) => (index === at ? size : whole));
      start += size;
      return recorder.record("Slice", [x], { starts, sizes }, { shape: sizes });
    });
  },
  Identity: (recorder, { x }: Inputs<"x">) => recorder.alias(x),
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Fill: (recorder, _: Inputs<never>, { shape, value, dtype = "float32" }: FillArguments) =>
    filledConstant(recorder, value, { shape, dtype }),
  [GROUPED_CONV]: recordConv,
  [GROUPED_CONV_INPUT_GRADIENT]: recordInputGradient,
  [GROUPED_CONV_FILTER_GRADIENT]: recordFilterGradient,
  DepthwiseConv2dNative: recordDepthwise,
  DepthwiseConv2dNativeBackpropInput: (
    recorder,
    { dy, filter }: Inputs<"dy" | "filter">,
    attributes: ConvArguments & { inputShape: readonly number[] },
  ) => {
    const { shape, groups } = asGrouped(filter.shape);
    const grouped = { dy, filter: recorder.view(filter, shape) };
    return recordInputGradient(recorder, grouped, { ...attributes, groups });
  },
  DepthwiseConv2dNativeBackpropFilter: (
    recorder,
    inputs: Inputs<"x" | "dy">,
    attributes: ConvArguments & { filterShape: readonly number[] },
  ) => {
    const { shape, groups } = asGrouped(attributes.filterShape);
    const gradient = recordFilterGradient(recorder, inputs, { ...attributes, filterShape: shape, groups });
    return recorder.view(gradient, attributes.filterShape);
  },
  _FusedMatMul: (recorder, inputs: Fused<"a" | "b">, attributes: MatMulArguments & Activation) =>
    withBiasAndActivation(recorder, recordMatMul(recorder, inputs, attributes), { ...inputs, ...attributes }),
  FusedConv2D: (recorder, inputs: Fused<"x" | "filter">, attributes: ConvArguments & Activation) =>
    withBiasAndActivation(recorder, recordConv(recorder, inputs, attributes), { ...inputs, ...attributes }),
  FusedDepthwiseConv2D: (recorder, inputs: Fused<"x" | "filter">, attributes: ConvArguments & Activation) =>
    withBiasAndActivation(recorder, recordDepthwise(recorder, inputs, attributes), {
      ...inputs,
      ...attributes,
    }),
};

interface SplitArguments {
  readonly numOrSizeSplits: number[] | number;
  readonly axis: number;
}

interface FillArguments {
  readonly shape: readonly number[];
  readonly value: number;
  readonly dtype?: string;
}

type Fused<Name extends string> = Inputs<Name> & { readonly bias?: Info };

interface Activation {
  readonly activation?: string | null;
}

function filled(value: number): Recording {
  return (recorder, { x }: Inputs<"x">) => filledConstant(recorder, value, x);
}

function filledConstant(
  recorder: Recorder,
  value: number,
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: string },
): Info {
  return recorder.addConstant(new Float32Array(sizeOfShape(shape)).fill(value), shape, dtypeOf({ dtype }));
}

/** A depthwise filter [height, width, C, m] is a filter [height, width, 1, C m] with C groups. */
function asGrouped([height = 1, width = 1, groups = 1, multiplier = 1]: readonly number[]) {
  return { shape: [height, width, 1, groups * multiplier], groups };
}

function recordDepthwise(
  recorder: Recorder,
  { x, filter }: Inputs<"x" | "filter">,
  attributes: ConvArguments,
): Info {
  const { shape, groups } = asGrouped(filter.shape);
  return recordConv(recorder, { x, filter: recorder.view(filter, shape) }, { ...attributes, groups });
}

/** The activations that tfjs' layers fuse. */
const ACTIVATIONS = { relu: "Relu", relu6: "Relu6", elu: "Elu", sigmoid: "Sigmoid" } as const;

/** Records the bias and the activation of a fused kernel as kernels of their own. */
function withBiasAndActivation(
  recorder: Recorder,
  result: Info,
  { bias, activation }: { readonly bias?: Info } & Activation,
): Info {
  const shifted = bias ? recorder.record("Add", [result, bias], {}, result) : result;
  if (!activation || activation === "linear") return shifted;
  const kernel = Object.entries(ACTIVATIONS).find(([name]) => name === activation)?.[1];
  if (!kernel) throw new UnsupportedKernelError(activation, recorder.layer);
  return recorder.record(kernel, [shifted], {}, shifted);
}
