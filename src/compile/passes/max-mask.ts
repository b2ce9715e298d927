// The gradient of a maximum compares each number with it, and converts the result to 0 or 1 -> a very steep hard sigmoid of the difference,
// which the blocked kernels compute in one pass.

import { isSameShape, makersOf, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { newValues } from "./new-values.js";
import type { GraphPass } from "./pass.js";

export const MAX_MASK: GraphPass = {
  name: "max-mask",
  purpose: "turns the comparison of numbers with their maximum into a hard sigmoid of the difference",
  run: joinMasks,
};

/** No number is greater than the maximum. 1 where the difference is 0, and 0 where it is less, however little. */
const MASK = { alpha: 3e38, beta: 1 };

function joinMasks(graph: TracedGraph): TracedGraph {
  const make = newValues(graph);
  const comparisons = makersOf(graph, "Equal");
  const maxima = makersOf(graph, "Max");
  const reshapes = makersOf(graph, "Reshape");
  const originOf = (value: Value): Value => {
    const [reshaped] = reshapes.get(value)?.inputs ?? [];
    return reshaped ? originOf(reshaped) : value;
  };
  /** Whether each number of x is compared with the maximum of those that it belongs to. */
  const isMaximumOf = (value: Value, x: Value): boolean => {
    const { inputs: [from] = [], attributes } = maxima.get(originOf(value)) ?? {};
    const kept = x.shape.map((size, axis) => (attributes?.axes.includes(axis) ? 1 : size));
    return from === x && isSameShape(value.shape, kept);
  };
  const nodes = graph.nodes.flatMap((node): TracedNode[] => {
    const [x, maximum] = (node.kernel === "Cast" && comparisons.get(node.inputs[0])?.inputs) || [];
    if (node.kernel !== "Cast" || !x || !maximum || !isMaximumOf(maximum, x)) return [node];
    const { layer, outputs } = node;
    if (outputs[0].dtype !== "float32") return [node];
    const difference = make(x.shape);
    return [
      { kernel: "Sub", inputs: [x, maximum], attributes: {}, outputs: [difference], layer },
      { kernel: "HardSigmoid", inputs: [difference], attributes: MASK, outputs, layer },
    ];
  });
  return { ...graph, nodes };
}
