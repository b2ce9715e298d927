// A line that is cut off below 0 and above 1, as in hard sigmoids and hard swishes -> one node, which makes one pass over the tensor.

import { makersOf, sizeOfShape, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { GraphPass } from "./pass.js";

export const HARD_SIGMOID: GraphPass = {
  name: "hard-sigmoid",
  purpose: "turns x times a number plus a number, cut off below 0 and above 1, into one node",
  run: joinHardSigmoids,
};

function joinHardSigmoids(graph: TracedGraph): TracedGraph {
  const sums = makersOf(graph, "Add");
  const products = makersOf(graph, "Multiply");
  const numberIn = (value: Value | undefined) => {
    const constant = value && sizeOfShape(value.shape) === 1 ? graph.constants.get(value) : undefined;
    return constant?.[0];
  };
  const nodes = graph.nodes.map((node): TracedNode => {
    if (node.kernel !== "ClipByValue") return node;
    const { clipValueMin, clipValueMax } = node.attributes;
    const [product, shift] = sums.get(node.inputs[0])?.inputs ?? [];
    const [x, slope] = (product && products.get(product)?.inputs) ?? [];
    const [alpha, beta] = [numberIn(slope), numberIn(shift)];
    const isCut = clipValueMin === 0 && clipValueMax === 1;
    return isCut && x && alpha !== undefined && beta !== undefined
      ? { ...node, kernel: "HardSigmoid", inputs: [x], attributes: { alpha, beta } }
      : node;
  });
  return { ...graph, nodes };
}
