// Network graph -> parameters, MACs and activations, per layer and in total.

import { applyFold, type ChannelFunction, type Fold, type Graph, type Op, type Shape } from "./graph.js";
import { inferShapes, inputShapes } from "./shapes.js";

/** `total` includes the moving mean and variance of BatchNorm. */
export interface Parameters {
  readonly trainable: number;
  readonly total: number;
}

export interface LayerComplexity {
  readonly name: string;
  readonly op: Op;
  readonly inputs: readonly string[];
  readonly output: Shape;
  readonly params: Parameters;
  /** Multiply-accumulates per image of convolutions and fully connected layers, without biases. */
  readonly macs: number;
  /** Outputs per image of convolutions and fully connected layers (Radosavovic et al. 2020). */
  readonly activations: number;
}

export interface Complexity {
  readonly params: Parameters;
  readonly macs: number;
  readonly activations: number;
  readonly layers: readonly LayerComplexity[];
}

export function complexityOf(graph: Graph): Complexity {
  const shapes = inferShapes(graph);
  const layers = graph.map((node): LayerComplexity => {
    const inputs = inputShapes(node, shapes);
    const output = shapes.get(node.name) as Shape;
    const weighs = WEIGHING.includes(node.op);
    return {
      name: node.name,
      op: node.op,
      inputs: node.inputs,
      output,
      params: applyFold(PARAMETERS, node, inputs),
      macs: weighs ? applyFold(KERNEL_SIZE, node, inputs) * positionsOf(node.op, output) : 0,
      activations: weighs ? sizeOf(output) : 0,
    };
  });
  const sum = (value: (layer: LayerComplexity) => number) =>
    layers.reduce((total, layer) => total + value(layer), 0);
  return {
    params: { trainable: sum((layer) => layer.params.trainable), total: sum((layer) => layer.params.total) },
    macs: sum((layer) => layer.macs),
    activations: sum((layer) => layer.activations),
    layers,
  };
}

/** Convolutions and fully connected layers. */
const WEIGHING: readonly Op[] = ["conv", "dense", "channel-conv", "channel-dense"];

/** How often a kernel is applied: once per pixel, or once per channel for a convolution across channels. */
const positionsOf = (op: Op, { height, width, channels }: Shape): number =>
  op === "channel-conv" ? channels : height * width;

const sizeOf = ({ height, width, channels }: Shape): number => height * width * channels;
const zero = () => 0;

/** The number of elements in a kernel. */
const KERNEL_SIZE: Fold<number> = {
  input: zero,
  conv: (node, [input]) =>
    (node.kernel[0] * node.kernel[1] * (input as Shape).channels * node.filters) / node.groups,
  "batch-norm": zero,
  relu: zero,
  sigmoid: zero,
  tanh: zero,
  "max-pool": zero,
  "avg-pool": zero,
  "global-avg-pool": zero,
  "global-max-pool": zero,
  "global-std-pool": zero,
  "channel-conv": (node) => node.kernel,
  "channel-dense": (_, [input]) => sizeOf(input as Shape),
  dense: (node, [input]) => sizeOf(input as Shape) * node.units,
  scale: zero,
  add: zero,
  concat: zero,
  flatten: zero,
  "channel-reduce": zero,
  "strip-mean": zero,
  "repeat-channels": zero,
  "swap-axes": zero,
  "stack-rows": zero,
  rows: zero,
  stack: zero,
  "channel-function": zero,
  multiply: zero,
  "channel-shuffle": zero,
  subsample: zero,
  "pad-channels": zero,
  dropout: zero,
};

/** Parameters per channel, learned and not learned. */
const PER_CHANNEL: {
  readonly [Kind in ChannelFunction]: { readonly trainable: number; readonly frozen: number };
} = {
  gct: { trainable: 3, frozen: 0 },
  simam: { trainable: 0, frozen: 0 },
  "hard-sigmoid": { trainable: 0, frozen: 0 },
  "hard-swish": { trainable: 0, frozen: 0 },
  "plus-one": { trainable: 0, frozen: 0 },
  factors: { trainable: 1, frozen: 0 },
  "random-factors": { trainable: 0, frozen: 1 },
  "next-image": { trainable: 0, frozen: 0 },
};

const trainable = (count: number): Parameters => ({ trainable: count, total: count });
const none = () => trainable(0);

const PARAMETERS: Fold<Parameters> = {
  input: none,
  conv: (node, inputs) => trainable(KERNEL_SIZE.conv(node, inputs) + (node.bias ? node.filters : 0)),
  "batch-norm": (_, [input]) => ({
    trainable: 2 * (input as Shape).channels,
    total: 4 * (input as Shape).channels,
  }),
  relu: none,
  sigmoid: none,
  tanh: none,
  "max-pool": none,
  "avg-pool": none,
  "global-avg-pool": none,
  "global-max-pool": none,
  "global-std-pool": none,
  "channel-conv": (node, inputs) => trainable(KERNEL_SIZE["channel-conv"](node, inputs)),
  "channel-dense": (node, inputs) => trainable(KERNEL_SIZE["channel-dense"](node, inputs)),
  dense: (node, inputs) => trainable(KERNEL_SIZE.dense(node, inputs) + (node.bias ? node.units : 0)),
  scale: none,
  add: none,
  concat: none,
  flatten: none,
  "channel-reduce": none,
  "strip-mean": none,
  "repeat-channels": none,
  "swap-axes": none,
  "stack-rows": none,
  rows: none,
  stack: none,
  "channel-function": ({ kind }, [input]) => {
    const { channels } = input as Shape;
    const { trainable, frozen } = PER_CHANNEL[kind];
    return { trainable: trainable * channels, total: (trainable + frozen) * channels };
  },
  multiply: none,
  "channel-shuffle": none,
  subsample: none,
  "pad-channels": none,
  dropout: none,
};
