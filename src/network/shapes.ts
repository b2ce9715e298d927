// Network graph -> the shape of every node's output.

import {
  applyFold,
  type Fold,
  type Graph,
  type Node,
  type OpNodes,
  type Padding,
  type Shape,
} from "./graph.js";

/** The output shape of a node, given the shapes of its inputs. */
export function shapeOf(node: Node, inputs: readonly Shape[]): Shape {
  return applyFold(SHAPES, node, inputs);
}

/** The output shape of every node, by name. */
export function inferShapes(graph: Graph): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const node of graph) shapes.set(node.name, shapeOf(node, inputShapes(node, shapes)));
  return shapes;
}

export function inputShapes(node: Node, shapes: ReadonlyMap<string, Shape>): Shape[] {
  return node.inputs.map((input) => {
    const shape = shapes.get(input);
    if (!shape) throw new Error(`${node.name} comes before its input ${input}`);
    return shape;
  });
}

const same = (_: unknown, [input]: readonly Shape[]): Shape => input as Shape;

const strided = (node: { readonly stride: number }, [input]: readonly Shape[]): Shape =>
  windows(node.stride, [1, 1], "same", input as Shape);

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
const extentOf = ({ kernel: [height, width], dilation }: OpNodes["conv"]): [number, number] => [
  (height - 1) * dilation + 1,
  (width - 1) * dilation + 1,
];

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const SHAPES: Fold<Shape> = {
  input: (node) => node.shape,
  conv: (node, [input]) => ({
    ...windows(node.stride, extentOf(node), node.padding, input as Shape),
    channels: node.filters,
  }),
  "batch-norm": same,
  relu: same,
  sigmoid: same,
  tanh: same,
  "max-pool": pooled,
  "avg-pool": pooled,
  "global-avg-pool": (_, [input]) => ({ height: 1, width: 1, channels: (input as Shape).channels }),
  "global-max-pool": (_, [input]) => ({ height: 1, width: 1, channels: (input as Shape).channels }),
  "global-std-pool": (_, [input]) => ({ height: 1, width: 1, channels: (input as Shape).channels }),
  "channel-conv": same,
  "channel-dense": (_, [input]) => ({ height: 1, width: 1, channels: (input as Shape).channels }),
  dense: (node) => ({ height: 1, width: 1, channels: node.units }),
  scale: same,
  add: same,
  concat: (_, inputs) => ({ ...(inputs[0] as Shape), channels: sum(inputs.map(({ channels }) => channels)) }),
  flatten: (_, [input]) => {
    const { height, width, channels } = input as Shape;
    return { height: 1, width: 1, channels: height * width * channels };
  },
  "channel-reduce": (_, [input]) => ({ ...(input as Shape), channels: 1 }),
  "strip-mean": ({ over }, [input]) => ({ ...(input as Shape), [over]: 1 }),
  "repeat-channels": ({ channels }, [input]) => ({ ...(input as Shape), channels }),
  "swap-axes": (_, [input]) => {
    const { height, width, channels } = input as Shape;
    return { height: width, width: height, channels };
  },
  "stack-rows": (_, inputs) => ({ ...(inputs[0] as Shape), height: sum(inputs.map(({ height }) => height)) }),
  rows: ({ count }, [input]) => ({ ...(input as Shape), height: count }),
  stack: (_, inputs) => ({ ...(inputs[0] as Shape), width: inputs.length }),
  "channel-function": same,
  multiply: same,
  "channel-shuffle": same,
  subsample: strided,
  "pad-channels": (node, [input]) => ({ ...(input as Shape), channels: node.channels }),
  dropout: same,
};
