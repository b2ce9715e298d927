// Convolutions and their gradients. One filter per channel has ops of its own. On the CPU, other groups are computed one by one, because
// TensorFlow has no gradients of grouped convolutions there.

import type { Products } from "../../runtime/program.js";
import type { ConvAttributes, ConvInfo, Value } from "../graph/kernels.js";
import { DATA_TYPES, type TfAttribute, type TfNode, type TfTensor } from "./graph.js";
import type { TfContext, TfLowerings } from "./lowering.js";
import { product } from "./mixed.js";
import { concatenated } from "./structure.js";

export const CONV: TfLowerings<"Conv2D" | "Conv2DBackpropInput" | "Conv2DBackpropFilter"> = {
  Conv2D: (context, node) =>
    product(context, node, ([x, filter], type) => {
      const { op, byGroup, depthwiseFilter } = convolution(context, node.attributes, type);
      return isDepthwise(node.attributes)
        ? op("DepthwiseConv2dNative", [x, depthwiseFilter(filter)])
        : byGroup([x, filter], (own) => op("Conv2D", own));
    }),
  Conv2DBackpropInput: (context, node) =>
    product(context, node, ([dy, filter], type) => {
      const [dx] = node.outputs;
      const { op, byGroup, depthwiseFilter, sizesOf } = convolution(context, node.attributes, type);
      if (!isDepthwise(node.attributes))
        return byGroup([filter, dy], (own) => op("Conv2DBackpropInput", [sizesOf(dx), ...own]));
      const sizes = context.builder.ints(dx.shape);
      return op("DepthwiseConv2dNativeBackpropInput", [sizes, depthwiseFilter(filter), dy]);
    }),
  Conv2DBackpropFilter: (context, node) =>
    product(context, node, ([x, dy], type) => {
      const [dw] = node.outputs;
      const { builder } = context;
      const { op, byGroup, sizesOf } = convolution(context, node.attributes, type);
      if (!isDepthwise(node.attributes))
        return byGroup([x, dy], ([image, gradient]) =>
          op("Conv2DBackpropFilter", [image, sizesOf(dw), gradient]),
        );
      const sizes = builder.ints(depthwiseShape(node.attributes));
      return builder.reshape(op("DepthwiseConv2dNativeBackpropFilter", [x, sizes, dy]), dw.shape, type);
    }),
};

type Pair = readonly [TfTensor, TfTensor];

/** What a convolution and its gradients have in common. */
function convolution(context: TfContext, attributes: ConvAttributes, type: Products) {
  const { builder, hasGpu } = context;
  const T = { type: DATA_TYPES[type] };
  const ofConvolution = { T, ...settings(attributes.info) };
  const parts = hasGpu ? 1 : attributes.groups;
  return {
    op: (name: string, inputs: readonly TfTensor[]) => builder.op(name, inputs, ofConvolution),
    depthwiseFilter: (filter: TfTensor) => builder.reshape(filter, depthwiseShape(attributes), type),
    /** The shape of what one part computes. */
    sizesOf: ({ shape }: Value) => builder.ints([...shape.slice(0, 3), (shape[3] as number) / parts]),
    /** Computes part by part; the parts are side by side in the last axis of operands and results. */
    byGroup: (operands: Pair, compute: (operands: Pair) => TfTensor): TfTensor => {
      if (parts === 1) return compute(operands);
      const axis = builder.constant("int32", [], [3]);
      const [first, second] = operands.map((operand) =>
        builder.node("Split", [axis, operand], { T, num_split: { int: parts } }),
      ) as [TfNode, TfNode];
      const results = Array.from({ length: parts }, (_, index) =>
        compute([
          { node: first, index },
          { node: second, index },
        ]),
      );
      return concatenated(context, results, 3, type);
    },
  };
}

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
