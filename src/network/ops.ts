// The ops of the network graph: the output shape, the weights and the cost of each.

import type { Node, Op, OpNodes, Padding, Shape } from "./graph.js";
import { biases, CHANNEL_WEIGHTS, kernel, type Weight } from "./weights.js";

interface OpRow<Kind extends Op> {
  readonly shape: (node: OpNodes[Kind], inputs: readonly Shape[]) => Shape;
  /** None if absent. The layers in `model/` must have weights with exactly these names and shapes. */
  readonly weights?: (node: OpNodes[Kind], input: Shape) => readonly Weight[];
  /**
   * How often the weights that multiply (kernels and scales) are applied to one image: once per output pixel, or once per
   * channel. Each time costs one multiply-accumulate per element. Absent for ops that are not counted, as is usual in papers.
   */
  readonly positions?: (output: Shape) => number;
}

/** The row of a node's op. */
export function opOf(node: Node): OpRow<Op> {
  return OPS[node.op] as OpRow<Op>;
}

/** The weights of a node itself, given the shapes of its inputs. */
export function ownWeights(node: Node, [input]: readonly Shape[]): readonly Weight[] {
  return opOf(node).weights?.(node, input as Shape) ?? [];
}

const same = (_: unknown, [input]: readonly Shape[]): Shape => input as Shape;
const pixels = ({ height, width }: Shape): number => height * width;
const vector = (channels: number): Shape => ({ height: 1, width: 1, channels });

const pooled = (
  node: { kernel: number; stride: number; padding: Padding },
  [input]: readonly Shape[],
): Shape => windows(node.stride, [node.kernel, node.kernel], node.padding, input as Shape);

/** The number of windows in each direction. */
function windows(
  stride: number,
  [kernelHeight, kernelWidth]: readonly [number, number],
  padding: Padding,
  { height, width, channels }: Shape,
): Shape {
  const count = (size: number, kernel: number) => {
    if (padding === "same") return Math.ceil(size / stride);
    const padded = padding === "symmetric" ? size + 2 * Math.floor((kernel - 1) / 2) : size;
    return Math.max(0, Math.floor((padded - kernel) / stride) + 1);
  };
  return { height: count(height, kernelHeight), width: count(width, kernelWidth), channels };
}

/** The height and width that a dilated kernel covers. */
export const extentOf = ({ kernel: [height, width], dilation }: OpNodes["conv"]): [number, number] => [
  (height - 1) * dilation + 1,
  (width - 1) * dilation + 1,
];

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const OPS: { readonly [Kind in Op]: OpRow<Kind> } = {
  input: { shape: (node) => node.shape },
  conv: {
    shape: (node, [input]) => ({
      ...windows(node.stride, extentOf(node), node.padding, input as Shape),
      channels: node.filters,
    }),
    weights: convWeights,
    positions: pixels,
  },
  "batch-norm": {
    shape: same,
    weights: (node, { channels }) => [
      ...affine(node, { channels }),
      { name: "moving_mean", shape: [channels], role: "mean" },
      { name: "moving_variance", shape: [channels], role: "variance" },
    ],
  },
  "group-norm": { shape: same, weights: affine },
  "layer-norm": { shape: same, weights: affine },
  "layer-scale": {
    shape: same,
    weights: ({ initial }, { channels }) => [{ name: "factor", shape: [channels], role: "scale", initial }],
  },
  relu: { shape: same },
  activation: { shape: same },
  sigmoid: { shape: same },
  tanh: { shape: same },
  "max-pool": { shape: pooled },
  "avg-pool": { shape: pooled },
  "padded-avg-pool": { shape: (node, inputs) => pooled({ ...node, padding: "symmetric" }, inputs) },
  "global-avg-pool": { shape: (_, [input]) => vector((input as Shape).channels) },
  "global-max-pool": { shape: (_, [input]) => vector((input as Shape).channels) },
  "global-std-pool": { shape: (_, [input]) => vector((input as Shape).channels) },
  "channel-conv": {
    shape: same,
    weights: (node) => [kernel([node.kernel, 1, 1], node.kernel)],
    positions: ({ channels }) => channels,
  },
  "channel-dense": {
    shape: (_, [input]) => vector((input as Shape).channels),
    weights: (_, { height, width, channels }) => [
      { name: "weight", shape: [height, width, channels], role: "scale", zeroInit: true },
    ],
    positions: pixels,
  },
  dense: {
    shape: (node) => vector(node.units),
    weights: ({ units, bias }, { channels }) => [kernel([channels, units], channels), ...biases(units, bias)],
    positions: pixels,
  },
  scale: { shape: same },
  shift: { shape: same },
  add: { shape: same },
  concat: {
    shape: (_, inputs) => ({
      ...(inputs[0] as Shape),
      channels: sum(inputs.map(({ channels }) => channels)),
    }),
  },
  flatten: {
    shape: (_, [input]) => {
      const { height, width, channels } = input as Shape;
      return vector(height * width * channels);
    },
  },
  "channel-reduce": { shape: (_, [input]) => ({ ...(input as Shape), channels: 1 }) },
  "pixel-softmax": { shape: same },
  "frequency-pool": { shape: (_, [input]) => vector((input as Shape).channels) },
  "branch-factors": { shape: (_, [input]) => vector((input as Shape).channels) },
  "swap-channels": {
    shape: ({ with: other }, [input]) => {
      const shape = input as Shape;
      return { ...shape, [other]: shape.channels, channels: shape[other] };
    },
  },
  channels: { shape: ({ count }, [input]) => ({ ...(input as Shape), channels: count }) },
  "strip-mean": { shape: ({ over }, [input]) => ({ ...(input as Shape), [over]: 1 }) },
  "repeat-channels": { shape: ({ channels }, [input]) => ({ ...(input as Shape), channels }) },
  "swap-axes": {
    shape: (_, [input]) => {
      const { height, width, channels } = input as Shape;
      return { height: width, width: height, channels };
    },
  },
  "stack-rows": {
    shape: (_, inputs) => ({ ...(inputs[0] as Shape), height: sum(inputs.map(({ height }) => height)) }),
  },
  rows: { shape: ({ count }, [input]) => ({ ...(input as Shape), height: count }) },
  stack: { shape: (_, inputs) => ({ ...(inputs[0] as Shape), width: inputs.length }) },
  "channel-function": {
    shape: same,
    weights: ({ kind }, { channels }) =>
      Object.entries(CHANNEL_WEIGHTS[kind]).map(([name, role]) => ({ name, shape: [channels], role })),
  },
  multiply: { shape: same },
  "channel-shuffle": { shape: same },
  subsample: { shape: ({ stride }, [input]) => windows(stride, [1, 1], "same", input as Shape) },
  "pad-channels": { shape: ({ channels }, [input]) => ({ ...(input as Shape), channels }) },
  dropout: { shape: same },
  "drop-path": { shape: same },
};

/** The factor and the shift after a normalisation. */
function affine({ zeroInit }: { zeroInit: boolean }, { channels }: Pick<Shape, "channels">): Weight[] {
  return [
    { name: "gamma", shape: [channels], role: "scale", zeroInit },
    { name: "beta", shape: [channels], role: "bias" },
  ];
}

/** Whether a convolution has one filter per channel and no dilation, so that tfjs has a separate layer for it. */
export function isDepthwise({ groups, filters, dilation }: OpNodes["conv"], { channels }: Shape): boolean {
  return groups > 1 && groups === filters && groups === channels && dilation === 1;
}

function convWeights(node: OpNodes["conv"], input: Shape): Weight[] {
  const [height, width] = node.kernel;
  const { filters, bias } = node;
  const inputs = input.channels / node.groups;
  const weight = isDepthwise(node, input)
    ? kernel([height, width, filters, 1], height * width, "depthwise_kernel")
    : kernel([height, width, inputs, filters], height * width * inputs);
  return [weight, ...biases(filters, bias)];
}
