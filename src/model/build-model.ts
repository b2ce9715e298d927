// Network graph -> tfjs LayersModel, built from standard layers where possible.

import type * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { applyFold, type Fold, type Graph, type Node, type Padding, type Shape } from "../network/graph.js";
import { extentOf, isDepthwise } from "../network/ops.js";
import { inferShapes, inputShapes, weightsOf } from "../network/shapes.js";
import { isLearned, type Weight, type WeightRole } from "../network/weights.js";
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
import { PaddedPool } from "./padded-pool.js";

export interface Model {
  readonly layersModel: layers.LayersModel;
  /** Layers that need noise before each call during training. */
  readonly dropouts: readonly NoiseDropout[];
  /** Every weight, trainable or not, by name (`stage1.block1.conv1/kernel`). */
  readonly weights: ReadonlyMap<string, tf.Variable>;
  /** The role of each weight, by name. */
  readonly roles: ReadonlyMap<string, WeightRole>;
}

/** Builds the model. Its weights are 0 or 1 until they are set. Vectors have the shape [batch, channels]. */
export function buildModel(graph: Graph): Model {
  const shapes = inferShapes(graph);
  const outputs = new Map<string, layers.SymbolicTensor>();
  const dropouts: NoiseDropout[] = [];
  let input: layers.SymbolicTensor | null = null;
  for (const node of graph) {
    if (node.op === "input") {
      const { height, width, channels } = node.shape;
      input = layers.input({ shape: [height, width, channels], name: node.name });
      outputs.set(node.name, input);
      continue;
    }
    const built = applyFold(LAYERS, node, inputShapes(node, shapes));
    dropouts.push(...built.filter((layer) => layer instanceof NoiseDropout));
    outputs.set(node.name, connect(node, built, outputs));
  }
  const last = outputs.get(graph.at(-1)?.name ?? "");
  if (!input || !last) throw new Error("a network needs an input and an output");
  const layersModel = layers.model({ inputs: input, outputs: last });
  const declared = weightsOf(graph);
  return {
    layersModel,
    dropouts,
    weights: checkedWeights(layersModel, declared),
    roles: new Map(Array.from(declared, ([name, { role }]) => [name, role])),
  };
}

/**
 * Applies layers in order. If there are two inputs, all layers except the last one are only applied to the second input, so that
 * its shape matches that of the first.
 */
function connect(
  node: Node,
  built: readonly layers.layers.Layer[],
  outputs: ReadonlyMap<string, layers.SymbolicTensor>,
): layers.SymbolicTensor {
  const inputs = node.inputs.map((name) => outputs.get(name) as layers.SymbolicTensor);
  if (node.op === "stack") return stackPixels(node.name, inputs, built.at(-1) as layers.layers.Layer);
  const [first, ...others] = inputs;
  if (others.length === 0) return apply(built, first as layers.SymbolicTensor);
  const prepared = others.map((other) => apply(built.slice(0, -1), other));
  return (built.at(-1) as layers.layers.Layer).apply([
    first as layers.SymbolicTensor,
    ...prepared,
  ]) as layers.SymbolicTensor;
}

/** Converts vectors to images of one pixel, and joins them into one row. */
function stackPixels(
  name: string,
  vectors: readonly layers.SymbolicTensor[],
  join: layers.layers.Layer,
): layers.SymbolicTensor {
  const pixels = vectors.map((vector, index) => {
    const targetShape = [1, 1, vector.shape.at(-1) as number];
    return layers.layers
      .reshape({ name: `${name}.${index + 1}`, targetShape })
      .apply(vector) as layers.SymbolicTensor;
  });
  return pixels.length === 1
    ? (pixels[0] as layers.SymbolicTensor)
    : (join.apply(pixels) as layers.SymbolicTensor);
}

function apply(row: readonly layers.layers.Layer[], input: layers.SymbolicTensor): layers.SymbolicTensor {
  return row.reduce((x, layer) => layer.apply(x) as layers.SymbolicTensor, input);
}

const LAYERS: Fold<layers.layers.Layer[]> = {
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
  "batch-norm": (node) => [
    batchNormalization({ name: node.name, epsilon: node.epsilon, momentum: node.momentum }),
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
  "max-pool": (node) => [
    paddedPool(node, "max") ?? layers.layers.maxPooling2d({ name: node.name, ...standardPool(node) }),
  ],
  "avg-pool": (node) => [
    paddedPool(node, "avg") ?? layers.layers.averagePooling2d({ name: node.name, ...standardPool(node) }),
  ],
  "padded-avg-pool": (node) => {
    const { name, kernel, stride } = node;
    const side = sideOf(kernel);
    const zeros = layers.layers.zeroPadding2d({
      name: `${name}.zeros`,
      padding: [
        [side, side],
        [side, side],
      ],
    });
    const padding = "valid" as const;
    return [zeros, layers.layers.averagePooling2d({ name, poolSize: kernel, strides: stride, padding })];
  },
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

interface PaddedNode {
  readonly name: string;
  readonly stride: number;
  readonly padding: Padding;
}

/** Symmetric padding needs a separate layer, unless it is equivalent to `same`. */
function paddingOf({ name, stride, padding }: PaddedNode, [height, width]: readonly [number, number]) {
  const none: layers.layers.Layer[] = [];
  if (padding !== "symmetric") return { around: none, padding };
  const sides = [sideOf(height), sideOf(width)] as const;
  if (sides[0] + sides[1] === 0) return { around: none, padding: "valid" as const };
  if (stride === 1 && height % 2 === 1 && width % 2 === 1) return { around: none, padding: "same" as const };
  const zeros = layers.layers.zeroPadding2d({
    name: `${name}.zeros`,
    padding: [
      [sides[0], sides[0]],
      [sides[1], sides[1]],
    ],
  });
  return { around: [zeros], padding: "valid" as const };
}

/** The pixels of symmetric padding on each side. */
function sideOf(kernel: number): number {
  return Math.floor((kernel - 1) / 2);
}

type PoolNode = PaddedNode & { readonly kernel: number };

/** A pool with symmetric padding; null if a standard layer computes the same. */
function paddedPool(node: PoolNode, kind: "max" | "avg"): layers.layers.Layer | null {
  const { name, kernel, stride } = node;
  const { around } = paddingOf(node, [kernel, kernel]);
  return around.length === 0 ? null : new PaddedPool(name, { kind, kernel, stride, padding: sideOf(kernel) });
}

function standardPool(node: PoolNode) {
  const { padding } = paddingOf(node, [node.kernel, node.kernel]);
  return { poolSize: node.kernel, strides: node.stride, padding };
}

function isVector(shape: Shape | undefined): boolean {
  return shape?.height === 1 && shape.width === 1;
}

/** The weights of a model. Throws if they differ from those that the graph declares, from which parameters are counted. */
function checkedWeights(
  model: layers.LayersModel,
  declared: ReadonlyMap<string, Weight>,
): ReadonlyMap<string, tf.Variable> {
  const weights = new Map<string, tf.Variable>();
  for (const layer of model.layers)
    for (const weight of layer.weights) {
      const name = weight.originalName;
      const variable = (weight as unknown as { val: tf.Variable }).val;
      const expected = declared.get(name);
      const found = describe(variable.shape, layer.trainableWeights.includes(weight));
      if (!expected || describe(expected.shape, isLearned(expected.role)) !== found)
        throw new Error(`the layer's weight ${name} (${found}) is not as the graph declares it`);
      weights.set(name, variable);
    }
  for (const name of declared.keys())
    if (!weights.has(name)) throw new Error(`the model lacks the weight ${name}, which the graph declares`);
  return weights;
}

function describe(shape: readonly number[], isLearned: boolean): string {
  return `${shape.join("x")}, ${isLearned ? "learned" : "not learned"}`;
}
