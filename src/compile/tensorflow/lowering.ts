// What lowering a kernel to TensorFlow is given, and returns.

import type { NodeOf, TracedGraph } from "../graph/graph.js";
import type { KernelName, Value } from "../graph/kernels.js";
import type { TfBuilder } from "./builder.js";
import { DATA_TYPES, type TfAttribute, type TfTensor } from "./graph.js";

export interface TfContext {
  readonly builder: TfBuilder;
  readonly graph: TracedGraph;
  /** Grouped convolutions have gradients on a GPU only. */
  readonly hasGpu: boolean;
  /** The tensor of a value that has been computed before. */
  tensor(value: Value): TfTensor;
  /** What has been rounded to bfloat16, in that type. */
  readonly rounded: Map<Value, TfTensor>;
}

/** Returns a tensor for each output; a function makes it only if somebody asks for it. */
export type TfLowering<Name extends KernelName> = (
  context: TfContext,
  node: NodeOf<Name>,
) => TfTensor | readonly (TfTensor | (() => TfTensor))[];

/** The others are only made for ONNX. */
export type TfKernelName = Exclude<
  KernelName,
  "BatchNormMoments" | "GatedBatchNormGradient" | "ChannelAffine" | "Split"
>;

export type TfLowerings<Names extends TfKernelName = TfKernelName> = {
  readonly [Name in Names]: TfLowering<Name>;
};

export function typeOf({ dtype }: Value): TfAttribute {
  return { type: DATA_TYPES[dtype] };
}
