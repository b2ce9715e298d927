// Network graph -> parameters, MACs and activations, per layer and in total.

import type { Graph, Op, Shape } from "./graph.js";
import { opOf, ownWeights } from "./ops.js";
import { inferShapes, inputShapes } from "./shapes.js";
import { isLearned, multiplies, sizeOf, type Weight } from "./weights.js";

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
    const { positions } = opOf(node);
    const own = ownWeights(node, inputs);
    return {
      name: node.name,
      op: node.op,
      inputs: node.inputs,
      output,
      params: {
        trainable: count(own.filter(({ role }) => isLearned(role))),
        total: count(own),
      },
      macs: positions ? count(own.filter(({ role }) => multiplies(role))) * positions(output) : 0,
      activations: positions ? output.height * output.width * output.channels : 0,
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

function count(weights: readonly Weight[]): number {
  return weights.reduce((total, weight) => total + sizeOf(weight), 0);
}
