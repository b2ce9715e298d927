// Network graph -> the shape of every node's output.

import { applyFold, type Fold, type Graph, type Node, type Shape } from "./graph.js";

/** Output shape of one node from the shapes of its inputs. */
export function shapeOf(node: Node, inputs: readonly Shape[]): Shape {
  return applyFold(SHAPES, node, inputs);
}

/** Output shape of every node, by name. */
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

const strided = (node: { readonly stride: number }, [input]: readonly Shape[]): Shape => {
  const { height, width, channels } = input as Shape;
  return { height: Math.ceil(height / node.stride), width: Math.ceil(width / node.stride), channels };
};

const SHAPES: Fold<Shape> = {
  input: (node) => node.shape,
  conv: (node, inputs) => ({ ...strided(node, inputs), channels: node.filters }),
  "batch-norm": same,
  relu: same,
  sigmoid: same,
  tanh: same,
  "max-pool": strided,
  "avg-pool": strided,
  "global-avg-pool": (_, [input]) => ({ height: 1, width: 1, channels: (input as Shape).channels }),
  "global-max-pool": (_, [input]) => ({ height: 1, width: 1, channels: (input as Shape).channels }),
  "channel-conv": same,
  dense: (node) => ({ height: 1, width: 1, channels: node.units }),
  scale: same,
  add: same,
  subsample: strided,
  "pad-channels": (node, [input]) => ({ ...(input as Shape), channels: node.channels }),
  dropout: same,
};
