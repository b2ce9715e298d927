// Convolutions and their gradients. One filter per channel has ops of its own. On the CPU, other groups are computed one by one, because
// TensorFlow has no gradients of grouped convolutions there.

import type { Products } from "../../runtime/program.js";
import type { ConvAttributes, ConvInfo } from "../graph/kernels.js";
import { DATA_TYPES, type TfAttribute, type TfNode, type TfTensor } from "./graph.js";
import type { TfContext, TfLowerings } from "./lowering.js";
import { product } from "./mixed.js";
import { concatenated } from "./structure.js";

export const CONV: TfLowerings<"Conv2D" | "Conv2DBackpropInput" | "Conv2DBackpropFilter"> = {
  Conv2D: (context, node) =>
    product(context, node, ([x, filter], type) => {
      const { attributes } = node;
      const op = operation(context, attributes, type);
      const parts = partsOf(context, attributes);
      if (isDepthwise(attributes))
        return op("DepthwiseConv2dNative", [x, depthwiseFilter(context, filter, attributes, type)]);
      return byGroup(context, parts, type, {
        operands: [x, filter],
        compute: ([image, own]) => op("Conv2D", [image, own]),
      });
    }),
  Conv2DBackpropInput: (context, node) =>
    product(context, node, ([dy, filter], type) => {
      const {
        outputs: [dx],
        attributes,
      } = node;
      const { builder } = context;
      const op = operation(context, attributes, type);
      const parts = partsOf(context, attributes);
      if (isDepthwise(attributes)) {
        const own = depthwiseFilter(context, filter, attributes, type);
        return op("DepthwiseConv2dNativeBackpropInput", [builder.ints(dx.shape), own, dy]);
      }
      const sizes = builder.ints([...dx.shape.slice(0, 3), attributes.info.inChannels / parts]);
      return byGroup(context, parts, type, {
        operands: [filter, dy],
        compute: ([own, gradient]) => op("Conv2DBackpropInput", [sizes, own, gradient]),
      });
    }),
  Conv2DBackpropFilter: (context, node) =>
    product(context, node, ([x, dy], type) => {
      const {
        outputs: [dw],
        attributes,
      } = node;
      const { builder } = context;
      const op = operation(context, attributes, type);
      const parts = partsOf(context, attributes);
      if (isDepthwise(attributes)) {
        const sizes = builder.ints(depthwiseShape(attributes));
        const gradient = op("DepthwiseConv2dNativeBackpropFilter", [x, sizes, dy]);
        return builder.reshape(gradient, dw.shape, type);
      }
      const sizes = builder.ints([...dw.shape.slice(0, 3), (dw.shape[3] as number) / parts]);
      return byGroup(context, parts, type, {
        operands: [x, dy],
        compute: ([image, gradient]) => op("Conv2DBackpropFilter", [image, sizes, gradient]),
      });
    }),
};

/** How many convolutions the groups take. */
function partsOf({ hasGpu }: TfContext, { groups }: ConvAttributes): number {
  return hasGpu ? 1 : groups;
}

/** Makes ops of this convolution. */
function operation({ builder }: TfContext, { info }: ConvAttributes, type: Products) {
  const attributes = { T: { type: DATA_TYPES[type] }, ...settings(info) };
  return (op: string, inputs: readonly TfTensor[]) => builder.op(op, inputs, attributes);
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

function depthwiseFilter(
  { builder }: TfContext,
  filter: TfTensor,
  attributes: ConvAttributes,
  type: Products,
): TfTensor {
  return builder.reshape(filter, depthwiseShape(attributes), type);
}

/** Computes each group by itself; the groups are side by side in the last axis of operands and results. */
function byGroup(
  context: TfContext,
  groups: number,
  type: Products,
  operations: {
    readonly operands: readonly [TfTensor, TfTensor];
    readonly compute: (operands: readonly [TfTensor, TfTensor]) => TfTensor;
  },
): TfTensor {
  if (groups === 1) return operations.compute(operations.operands);
  const { builder } = context;
  const [first, second] = operations.operands.map((operand) =>
    builder.node("Split", [builder.constant("int32", [], [3]), operand], {
      T: { type: DATA_TYPES[type] },
      num_split: { int: groups },
    }),
  ) as [TfNode, TfNode];
  const results = Array.from({ length: groups }, (_, index) =>
    operations.compute([
      { node: first, index },
      { node: second, index },
    ]),
  );
  return concatenated(context, results, 3, type);
}
