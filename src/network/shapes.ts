// Network graph -> the shape of the output of every node, and all weights.

import type { Graph, Node, Shape } from "./graph.js";
import { opOf, ownWeights } from "./ops.js";
import type { Weight } from "./weights.js";

/** The output shape of a node, given the shapes of its inputs. */
export function shapeOf(node: Node, inputs: readonly Shape[]): Shape {
  return opOf(node).shape(node, inputs);
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

/** The number of outputs of a network: the channels of its last node. */
export function outputsOf(graph: Graph, shapes: ReadonlyMap<string, Shape> = inferShapes(graph)): number {
  return shapes.get(graph.at(-1)?.name ?? "")?.channels ?? 0;
}

/** Every weight of a network, by its name in the model. */
export function weightsOf(graph: Graph): ReadonlyMap<string, Weight> {
  const shapes = inferShapes(graph);
  return new Map(
    graph.flatMap((node) =>
      ownWeights(node, inputShapes(node, shapes)).map(
        (weight) =>
          [
            `${node.name}/${weight.name}`,
            node.frozen ? { ...weight, frozen: true as const } : weight,
          ] as const,
      ),
    ),
  );
}
