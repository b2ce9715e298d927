// Convolutions and their gradients. One filter per channel has ops of its own; other groups are computed one by one, because
// TensorFlow has no gradients of grouped convolutions on the CPU.

import type { ConvAttributes, ConvInfo } from "../graph/kernels.js";
import { FLOAT, type TfAttribute, type TfTensor } from "./graph.js";
import type { TfContext, TfLowerings } from "./lowering.js";
import { concatenated } from "./structure.js";

export const CONV: TfLowerings<"Conv2D" | "Conv2DBackpropInput" | "Conv2DBackpropFilter"> = {
  Conv2D: (context, { inputs: [x, filter], attributes }) => {
    const { tensor, builder } = context;
    if (isDepthwise(attributes))
      return builder.floatOp(
        "DepthwiseConv2dNative",
        [tensor(x), depthwiseFilter(context, tensor(filter), attributes)],
        settings(attributes.info),
      );
    return byGroup(context, attributes, {
      operands: [split(context, tensor(x), attributes), splitFilter(context, tensor(filter), attributes)],
      compute: ([image, own]) => builder.floatOp("Conv2D", [image, own], settings(attributes.info)),
    });
  },
  Conv2DBackpropInput: (context, { inputs: [dy, filter], outputs: [dx], attributes }) => {
    const { tensor, builder } = context;
    if (isDepthwise(attributes))
      return builder.floatOp(
        "DepthwiseConv2dNativeBackpropInput",
        [builder.ints(dx.shape), depthwiseFilter(context, tensor(filter), attributes), tensor(dy)],
        settings(attributes.info),
      );
    const sizes = builder.ints([...dx.shape.slice(0, 3), attributes.info.inChannels / attributes.groups]);
    return byGroup(context, attributes, {
      operands: [splitFilter(context, tensor(filter), attributes), split(context, tensor(dy), attributes)],
      compute: ([own, gradient]) =>
        builder.floatOp("Conv2DBackpropInput", [sizes, own, gradient], settings(attributes.info)),
    });
  },
  Conv2DBackpropFilter: (context, { inputs: [x, dy], outputs: [dw], attributes }) => {
    const { tensor, builder } = context;
    if (isDepthwise(attributes)) {
      const gradient = builder.floatOp(
        "DepthwiseConv2dNativeBackpropFilter",
        [tensor(x), builder.ints(depthwiseShape(attributes)), tensor(dy)],
        settings(attributes.info),
      );
      return builder.reshape(gradient, dw.shape);
    }
    const sizes = builder.ints([...dw.shape.slice(0, 3), (dw.shape[3] as number) / attributes.groups]);
    return byGroup(context, attributes, {
      operands: [split(context, tensor(x), attributes), split(context, tensor(dy), attributes)],
      compute: ([image, gradient]) =>
        builder.floatOp("Conv2DBackpropFilter", [image, sizes, gradient], settings(attributes.info)),
    });
  },
};

function settings(info: ConvInfo): Readonly<Record<string, TfAttribute>> {
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
  const { type, top, bottom, left, right } = padInfo;
  const isNamed = type === "SAME" || type === "VALID";
  return {
    data_format: { text: "NHWC" },
    strides: { ints: [1, strideHeight, strideWidth, 1] },
    dilations: { ints: [1, dilationHeight, dilationWidth, 1] },
    padding: { text: isNamed ? type : "EXPLICIT" },
    ...(isNamed ? {} : { explicit_paddings: { ints: [0, 0, top, bottom, left, right, 0, 0] } }),
  };
}

/** Strides must be equal for the ops of depthwise convolutions. */
function isDepthwise({ info, groups }: ConvAttributes): boolean {
  return groups > 1 && groups === info.inChannels && info.strideHeight === info.strideWidth;
}

/** [height, width, input channels, outputs for each of them] */
function depthwiseShape({ info }: ConvAttributes): readonly number[] {
  const { filterHeight, filterWidth, inChannels, outChannels } = info;
  return [filterHeight, filterWidth, inChannels, outChannels / inChannels];
}

function depthwiseFilter({ builder }: TfContext, filter: TfTensor, attributes: ConvAttributes): TfTensor {
  return builder.reshape(filter, depthwiseShape(attributes));
}

/** The channels of images by group. */
function split({ builder }: TfContext, x: TfTensor, { groups }: ConvAttributes): readonly TfTensor[] {
  if (groups === 1) return [x];
  const node = builder.node("Split", [builder.constant("int32", [], [3]), x], {
    T: FLOAT,
    num_split: { int: groups },
  });
  return Array.from({ length: groups }, (_, index) => ({ node, index }));
}

/** The output channels of filters by group, which are the last axis too. */
const splitFilter = split;

/** Computes each group by itself; the results are side by side in the last axis. */
function byGroup(
  context: TfContext,
  { groups }: ConvAttributes,
  parts: {
    readonly operands: readonly [readonly TfTensor[], readonly TfTensor[]];
    readonly compute: (operands: readonly [TfTensor, TfTensor]) => TfTensor;
  },
): TfTensor {
  const [first, second] = parts.operands;
  const results = Array.from({ length: groups }, (_, group) =>
    parts.compute([first[group] as TfTensor, second[group] as TfTensor]),
  );
  return groups === 1 ? (results[0] as TfTensor) : concatenated(context, results, 3);
}
