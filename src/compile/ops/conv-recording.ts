// Records convolutions and pools, with the sizes that tfjs computes. Grouped and depthwise convolutions are recorded as
// convolutions with groups.

import tf from "../../tfjs-core.cjs";
import { imageShape } from "../graph/graph.js";
import type { ConvInfo } from "../graph/kernels.js";
import type { Info, Recorder } from "../graph/recorder.js";
import type { Inputs, Recording } from "../graph/recording.js";

type Padding = "same" | "valid" | number | tf.backend_util.ExplicitPadding;

export interface ConvArguments {
  readonly strides: number | [number, number];
  readonly pad: Padding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dilations?: number | [number, number];
  /** Only for grouped convolutions. */
  readonly groups?: number;
}

function convInfo(
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dimRoundingMode, dilations }: ConvArguments,
): ConvInfo {
  return tf.backend_util.computeConv2DInfo(
    [...imageShape(input)],
    [...imageShape(filter)],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
  );
}

export function recordConv(
  recorder: Recorder,
  { x, filter }: Inputs<"x" | "filter">,
  attributes: ConvArguments,
): Info {
  const info = convInfo(x.shape, filter.shape, attributes);
  return recorder.record(
    "Conv2D",
    [x, filter],
    { info, groups: attributes.groups ?? 1 },
    { shape: info.outShape },
  );
}

export function recordInputGradient(
  recorder: Recorder,
  { dy, filter }: Inputs<"dy" | "filter">,
  attributes: ConvArguments & { readonly inputShape: readonly number[] },
): Info {
  const info = convInfo(attributes.inputShape, filter.shape, attributes);
  const recorded = { info, groups: attributes.groups ?? 1 };
  return recorder.record("Conv2DBackpropInput", [dy, filter], recorded, { shape: info.inShape });
}

export function recordFilterGradient(
  recorder: Recorder,
  { x, dy }: Inputs<"x" | "dy">,
  attributes: ConvArguments & { readonly filterShape: readonly number[] },
): Info {
  const { filterShape: shape, groups = 1 } = attributes;
  const info = convInfo(x.shape, shape, attributes);
  return recorder.record("Conv2DBackpropFilter", [x, dy], { info, groups }, { shape });
}

export interface PoolArguments extends Omit<ConvArguments, "dilations" | "groups"> {
  readonly filterSize: number | [number, number];
}

export function poolInfo(
  input: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolArguments,
): ConvInfo {
  return tf.backend_util.computePool2DInfo(
    [...imageShape(input)],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

export function recordPool(kernel: "MaxPool" | "AvgPool"): Recording {
  return (recorder, { x }: Inputs<"x">, attributes: PoolArguments) => {
    const info = poolInfo(x.shape, attributes);
    return recorder.record(kernel, [x], { info }, { shape: info.outShape });
  };
}
