// A convolution followed by BatchNorm in evaluation -> a convolution whose filter is scaled, and a sum, which blocked convolutions do
// themselves. One pass over a small filter instead of one over the images.

import { makersOf, resultsOf, sizeOfShape, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { newValues } from "./new-values.js";
import type { GraphPass } from "./pass.js";
import { countUses } from "./uses.js";

export const FOLD_BATCH_NORM: GraphPass = {
  name: "fold-batch-norm",
  purpose: "scales the filter of a convolution instead of its result, if BatchNorm in evaluation follows",
  // Rounding the scaled filter would evaluate another network than the one that was trained.
  run: (graph) => (graph.products === "float32" ? foldBatchNorms(graph) : graph),
};

function foldBatchNorms(graph: TracedGraph): TracedGraph {
  const make = newValues(graph);
  const uses = countUses<Value>(graph.nodes, resultsOf(graph));
  const constants = new Map(graph.constants);
  const convolutions = makersOf(graph, "Conv2D");
  const folded = new Set<TracedNode>();
  const nodes = graph.nodes.flatMap((node): TracedNode[] => {
    if (node.kernel !== "FusedBatchNorm") return [node];
    const [x, mean, variance, offset, gamma] = node.inputs;
    const conv = uses.get(x) === 1 ? convolutions.get(x) : undefined;
    if (!conv || sizeOfShape(conv.inputs[1].shape) > sizeOfShape(x.shape)) return [node];
    folded.add(conv);
    const before: TracedNode[] = [];
    const add = (parts: Operation, like: Value): Value => {
      const output = make(like.shape);
      before.push({ ...parts, attributes: {}, outputs: [output], layer: node.layer });
      return output;
    };
    const epsilon = make([]);
    constants.set(epsilon, [node.attributes.epsilon]);
    const stabilised = add({ kernel: "Add", inputs: [variance, epsilon] }, gamma);
    const root = add({ kernel: "Rsqrt", inputs: [stabilised] }, gamma);
    const scale = add({ kernel: "Multiply", inputs: [gamma, root] }, gamma);
    const moved = add({ kernel: "Multiply", inputs: [mean, scale] }, gamma);
    const shift = add({ kernel: "Sub", inputs: [offset, moved] }, gamma);
    const [images, filter] = conv.inputs;
    const scaled = add({ kernel: "Multiply", inputs: [filter, scale] }, filter);
    const convolved = make(x.shape);
    return [
      ...before,
      { ...conv, inputs: [images, scaled], outputs: [convolved] },
      { ...node, kernel: "Add", inputs: [convolved, shift], attributes: {} },
    ];
  });
  return { ...graph, constants, nodes: nodes.filter((node) => !folded.has(node)) };
}

type Operation =
  | { readonly kernel: "Add" | "Sub" | "Multiply"; readonly inputs: readonly [Value, Value] }
  | { readonly kernel: "Rsqrt"; readonly inputs: readonly [Value] };
