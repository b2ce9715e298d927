// What convolutions and matrix products read and return -> rounded to bfloat16, for training in mixed precision.
//
// The products themselves are added up in float32, as matrix units do. Where a target has such units, it computes on the rounded
// numbers as they are; elsewhere, the results are the same up to the order of sums.

import type { NodeOf, TracedGraph, TracedNode } from "../graph/graph.js";
import type { KernelName, Value } from "../graph/kernels.js";
import { newValues } from "./new-values.js";
import type { GraphPass } from "./pass.js";

export const MIXED: GraphPass = {
  name: "mixed",
  purpose:
    "rounds what convolutions and matrix products read and return to bfloat16, where mixed precision is asked for",
  run: (graph) => (graph.products === "bfloat16" ? roundProducts(graph) : graph),
};

const PRODUCTS: readonly KernelName[] = [
  "Conv2D",
  "Conv2DBackpropInput",
  "Conv2DBackpropFilter",
  "BatchMatMul",
];

function roundProducts(graph: TracedGraph): TracedGraph {
  const make = newValues(graph);
  const rounded = new Map<Value, Value>();
  const nodes = graph.nodes.flatMap((node): TracedNode[] => {
    if (!PRODUCTS.includes(node.kernel)) return [node];
    const before: TracedNode[] = [];
    const round = (value: Value): Value => {
      const known = rounded.get(value);
      if (known) return known;
      const result = make(value.shape);
      before.push(rounding(value, result, node.layer));
      rounded.set(value, result);
      return result;
    };
    const inputs = node.inputs.map(round);
    const [output] = node.outputs;
    const raw = make(output.shape);
    // The readers of a product read its rounded values; so do other products, which need not round them again.
    rounded.set(output, output);
    // The kernel keeps the numbers of its inputs and outputs, which `map` does not know.
    const product = { ...node, inputs, outputs: [raw] } as unknown as TracedNode;
    return [...before, product, rounding(raw, output, node.layer)];
  });
  return { ...graph, nodes };
}

function rounding(x: Value, y: Value, layer: string): NodeOf<"Bfloat16"> {
  return { kernel: "Bfloat16", inputs: [x], attributes: {}, outputs: [y], layer };
}
