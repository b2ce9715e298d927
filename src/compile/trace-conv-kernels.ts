// What convolutions and pools give when they are traced. Grouped and depthwise ones are recorded as convolutions with groups.

import * as tf from "@tensorflow/tfjs-core";
import {
  GROUPED_CONV,
  GROUPED_CONV_FILTER_GRADIENT,
  GROUPED_CONV_INPUT_GRADIENT,
} from "../model/grouped-conv-kernels.js";
import { type Attributes, type Info, type Kernel, one } from "./trace-kernel.js";

type ConvArguments = {
  strides: number | [number, number];
  pad: "same" | "valid" | number;
  dimRoundingMode?: "floor" | "round" | "ceil";
  dilations?: number | [number, number];
};

/** Attribute after: info, tfjs' own account of a convolution's sizes. */
const convInfo = (
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dimRoundingMode, dilations }: ConvArguments,
) =>
  tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
  );

const poolInfo = (inputShape: readonly number[], attributes: Attributes) => {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as ConvArguments & {
    filterSize: number | [number, number];
  };
  return tf.backend_util.computePool2DInfo(
    inputShape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
};

const pool =
  (kernel: string): Kernel =>
  (backend, { x }, attributes) => {
    const info = poolInfo((x as Info).shape, attributes);
    return one(backend, kernel, [x as Info], info.outShape, { info });
  };

/** Recorded attributes of all convolutions: info and groups. */
const conv2d: Kernel = (backend, { x, filter }, attributes) => {
  const [image, weights] = [x as Info, filter as Info];
  const info = convInfo(image.shape, weights.shape, attributes as unknown as ConvArguments);
  return one(backend, "Conv2D", [image, weights], info.outShape, { info, groups: attributes.groups ?? 1 });
};

const convInputGradient: Kernel = (backend, { dy, filter }, attributes) => {
  const [gradient, weights] = [dy as Info, filter as Info];
  const info = convInfo(
    attributes.inputShape as number[],
    weights.shape,
    attributes as unknown as ConvArguments,
  );
  const recorded = { info, groups: attributes.groups ?? 1 };
  return one(backend, "Conv2DBackpropInput", [gradient, weights], info.inShape, recorded);
};

const convFilterGradient: Kernel = (backend, { x, dy }, attributes) => {
  const [image, gradient] = [x as Info, dy as Info];
  const filterShape = attributes.filterShape as number[];
  const info = convInfo(image.shape, filterShape, attributes as unknown as ConvArguments);
  const recorded = { info, groups: attributes.groups ?? 1 };
  return one(backend, "Conv2DBackpropFilter", [image, gradient], filterShape, recorded);
};

/** A depthwise filter [height, width, C, m] is a filter [height, width, 1, C m] of C groups. */
const asGrouped = ([height, width, channels, multiplier]: readonly number[]) =>
  [height, width, 1, (channels as number) * (multiplier as number)] as number[];

const depthwise: Kernel = (backend, { x, filter }, attributes) => {
  const weights = filter as Info;
  const grouped = backend.view(weights, asGrouped(weights.shape));
  return conv2d(backend, { x: x as Info, filter: grouped }, { ...attributes, groups: weights.shape[2] });
};

const depthwiseInputGradient: Kernel = (backend, { dy, filter }, attributes) => {
  const weights = filter as Info;
  const grouped = backend.view(weights, asGrouped(weights.shape));
  return convInputGradient(
    backend,
    { dy: dy as Info, filter: grouped },
    { ...attributes, groups: weights.shape[2] },
  );
};

const depthwiseFilterGradient: Kernel = (backend, inputs, attributes) => {
  const filterShape = attributes.filterShape as number[];
  const grouped = { ...attributes, filterShape: asGrouped(filterShape), groups: filterShape[2] };
  return backend.view(convFilterGradient(backend, inputs, grouped) as Info, filterShape);
};

export const CONV_KERNELS: Readonly<Record<string, Kernel>> = {
  Conv2D: conv2d,
  Conv2DBackpropInput: convInputGradient,
  Conv2DBackpropFilter: convFilterGradient,
  [GROUPED_CONV]: conv2d,
  [GROUPED_CONV_INPUT_GRADIENT]: convInputGradient,
  [GROUPED_CONV_FILTER_GRADIENT]: convFilterGradient,
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
  MaxPool: pool("MaxPool"),
  AvgPool: pool("AvgPool"),
  MaxPoolGrad: (backend, { dy, input }, attributes) => {
    const [gradient, image] = [dy as Info, input as Info];
    // tfjs does not pass the rounding on: dy knows how many windows there were.
    const [, outHeight, outWidth] = gradient.shape;
    const info = { ...poolInfo(image.shape, attributes), outHeight, outWidth };
    return one(backend, "MaxPoolGrad", [gradient, image], image.shape, { info });
  },
  AvgPoolGrad: (backend, { dy, input }, attributes) =>
    one(backend, "AvgPoolGrad", [dy as Info], (input as Info).shape, {
      info: poolInfo((input as Info).shape, attributes),
    }),
};
