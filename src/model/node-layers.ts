// The nodes of a network graph -> the layers of each, standard ones where possible.

import type { Fold, Shape } from "../network/graph.js";
import { extentOf, isDepthwise } from "../network/ops.js";
import layers from "../tfjs-layers.cjs";
import { activationLayer } from "./activation-layer.js";
import { batchNormalization } from "./batch-normalization.js";
import { ChannelFunctionLayer } from "./channel-function.js";
import { NoiseDropout } from "./dropout.js";
import { GroupedConv2D } from "./grouped-conv.js";
import {
  AxisReduce,
  BranchFactors,
  ChannelDense,
  FrequencyPool,
  GlobalDeviation,
  RepeatChannels,
  Slice,
} from "./image-layers.js";
import { GroupNormalization, LayerNormalization } from "./image-norms.js";
import { poolLayer } from "./padded-pool.js";
import { paddingOf, sideOf, zerosAround } from "./padding.js";

/** If a node has two inputs, all its layers but the last are applied to the second one. */
export const LAYERS: Fold<layers.layers.Layer[]> = {
  input: () => [],
  conv: (node, [image]) => {
    const { name, filters, kernel, stride, bias, groups, dilation } = node;
    const kernelSize: [number, number] = [...kernel];
    const { around, padding } = paddingOf(node, extentOf(node));
    const shared = { name, kernelSize, strides: stride, padding, useBias: bias };
    if (groups === 1 && dilation === 1)
      return [...around, layers.layers.conv2d({ ...shared, filters, kernelInitializer: "zeros" })];
    return isDepthwise(node, image as Shape)
      ? [...around, layers.layers.depthwiseConv2d({ ...shared, depthwiseInitializer: "zeros" })]
      : [
          ...around,
          new GroupedConv2D({ name, filters, kernel: kernelSize, stride, padding, groups, dilation, bias }),
        ];
  },
  "batch-norm": ({ name, epsilon, momentum, frozen = false }) => [
    batchNormalization({ name, epsilon, momentum, frozen }),
  ],
  relu: ({ name }) => [layers.layers.reLU({ name })],
  "group-norm": ({ name, groups, epsilon }) => [new GroupNormalization(name, groups, epsilon)],
  "layer-norm": ({ name, epsilon }) => [new LayerNormalization(name, epsilon)],
  "layer-scale": ({ name }) => [new ChannelFunctionLayer(name, "factors")],
  activation: ({ name, kind }) => [activationLayer(name, kind)],
  sigmoid: ({ name }) => [layers.layers.activation({ name, activation: "sigmoid" })],
  tanh: ({ name }) => [layers.layers.activation({ name, activation: "tanh" })],
  "global-max-pool": ({ name }) => [layers.layers.globalMaxPooling2d({ name, dataFormat: "channelsLast" })],
  "global-std-pool": ({ name }) => [new GlobalDeviation({ name })],
  "channel-dense": ({ name }) => [new ChannelDense({ name })],
  "channel-conv": ({ name, kernel }, [vector]) => [
    layers.layers.reshape({ name: `${name}.channels`, targetShape: [(vector as Shape).channels, 1] }),
    layers.layers.conv1d({
      name,
      filters: 1,
      kernelSize: kernel,
      padding: "same",
      useBias: false,
      kernelInitializer: "zeros",
    }),
    layers.layers.reshape({ name: `${name}.vector`, targetShape: [(vector as Shape).channels] }),
  ],
  "max-pool": (node) => [poolLayer(node, "max")],
  "avg-pool": (node) => [poolLayer(node, "avg")],
  "padded-avg-pool": ({ name, kernel, stride }) => [
    zerosAround(name, [sideOf(kernel), sideOf(kernel)]),
    layers.layers.averagePooling2d({ name, poolSize: kernel, strides: stride, padding: "valid" }),
  ],
  "global-avg-pool": ({ name }) => [
    layers.layers.globalAveragePooling2d({ name, dataFormat: "channelsLast" }),
  ],
  dense: ({ name, units, bias }) => [
    layers.layers.dense({ name, units, useBias: bias, kernelInitializer: "zeros" }),
  ],
  // A vector of factors becomes an image of one pixel, so that it is broadcast over all pixels.
  scale: ({ name }, [image, factors]) => [
    ...(isVector(factors) && !isVector(image)
      ? [layers.layers.reshape({ name: `${name}.reshape`, targetShape: [1, 1, (image as Shape).channels] })]
      : []),
    layers.layers.multiply({ name }),
  ],
  shift: ({ name }, [image]) => [
    layers.layers.reshape({ name: `${name}.reshape`, targetShape: [1, 1, (image as Shape).channels] }),
    layers.layers.add({ name }),
  ],
  add: ({ name }) => [layers.layers.add({ name })],
  "channel-reduce": ({ name, by }) => [new AxisReduce(name, 3, by)],
  "channel-function": ({ name, kind }) => [new ChannelFunctionLayer(name, kind)],
  "pixel-softmax": ({ name }, [image]) => {
    const { height, width } = image as Shape;
    return [
      layers.layers.reshape({ name: `${name}.pixels`, targetShape: [height * width] }),
      layers.layers.softmax({ name, axis: -1 }),
      layers.layers.reshape({ name: `${name}.image`, targetShape: [height, width, 1] }),
    ];
  },
  "frequency-pool": ({ name, frequencies }) => [new FrequencyPool(name, frequencies)],
  "branch-factors": ({ name, index }) => [new BranchFactors(name, index)],
  "swap-channels": ({ name, with: other }) => [
    layers.layers.permute({ name, dims: other === "height" ? [3, 2, 1] : [1, 3, 2] }),
  ],
  channels: ({ name, start, count }) => [new Slice(name, { axis: 3, start, count })],
  "strip-mean": ({ name, over }) => [new AxisReduce(name, over === "width" ? 2 : 1, "mean")],
  "swap-axes": ({ name }) => [layers.layers.permute({ name, dims: [2, 1, 3] })],
  "stack-rows": ({ name }) => [layers.layers.concatenate({ name, axis: 1 })],
  "repeat-channels": ({ name, channels }) => [new RepeatChannels(name, channels)],
  rows: ({ name, start, count }) => [new Slice(name, { axis: 1, start, count })],
  stack: ({ name }) => [layers.layers.concatenate({ name, axis: 2 })],
  concat: ({ name }) => [layers.layers.concatenate({ name, axis: 3 })],
  flatten: ({ name }) => [layers.layers.flatten({ name })],
  multiply: ({ name, factor }) => [layers.layers.rescaling({ name, scale: factor })],
  "channel-shuffle": ({ name, groups }, [image]) => {
    const { height, width, channels } = image as Shape;
    return [
      layers.layers.reshape({
        name: `${name}.groups`,
        targetShape: [height, width, groups, channels / groups],
      }),
      layers.layers.permute({ name, dims: [1, 2, 4, 3] }),
      layers.layers.reshape({ name: `${name}.channels`, targetShape: [height, width, channels] }),
    ];
  },
  // Pooling with a 1x1 window keeps every stride-th pixel.
  subsample: ({ name, stride }) => [
    layers.layers.averagePooling2d({ name, poolSize: 1, strides: stride, padding: "same" }),
  ],
  // tfjs can only pad height and width, so the channels are temporarily moved to the position of the height.
  "pad-channels": ({ name, channels }, [image]) => {
    const missing = channels - (image as Shape).channels;
    const before = Math.floor(missing / 2);
    return [
      layers.layers.permute({ name: `${name}.channels-first`, dims: [3, 1, 2] }),
      layers.layers.zeroPadding2d({
        name,
        padding: [
          [before, missing - before],
          [0, 0],
        ],
      }),
      layers.layers.permute({ name: `${name}.channels-last`, dims: [2, 3, 1] }),
    ];
  },
  dropout: ({ name, rate }, [input]) => {
    const { height, width, channels } = input as Shape;
    return [new NoiseDropout(name, rate, height * width * channels)];
  },
  "drop-path": ({ name, rate }) => [new NoiseDropout(name, rate, 1, true)],
};

function isVector(shape: Shape | undefined): boolean {
  return shape?.height === 1 && shape.width === 1;
}
