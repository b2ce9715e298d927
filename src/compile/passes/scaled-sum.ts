// y + x s and y - x s with a single number s, of which optimizers consist -> one node.

import { isSameShape, makersOf, sizeOfShape, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { GraphPass } from "./pass.js";

export const SCALED_SUM: GraphPass = {
  name: "scaled-sum",
  purpose:
    "turns y + x s and y - x s with a single number s into one node, which makes one pass over the tensors",
  run: joinScaledSums,
};

/** The pass drop-unused removes the product if no other node uses it. */
function joinScaledSums(graph: TracedGraph): TracedGraph {
  const products = makersOf(graph, "Multiply");
  const joined = graph.nodes.map((node): TracedNode => {
    if (node.kernel !== "Add" && node.kernel !== "Sub") return node;
    const [left, right] = node.inputs;
    const sides: readonly (readonly [Value, Value])[] = [
      [right, left],
      [left, right],
    ];
    // In a difference, only the subtrahend can be the product. If both operands of a sum are products, the first is joined.
    for (const [product, y] of node.kernel === "Sub" ? sides.slice(0, 1) : sides.toReversed()) {
      const factors = products.get(product)?.inputs;
      const number = factors?.find((factor) => sizeOfShape(factor.shape) === 1);
      const x = factors?.find((factor) => factor !== number);
      if (!number || !x || !isSameShape(x.shape, y.shape)) continue;
      const attributes = { sign: node.kernel === "Sub" ? -1 : 1 } as const;
      return { ...node, kernel: "ScaledSum", inputs: [x, number, y], attributes };
    }
    return node;
  });
  return { ...graph, nodes: joined };
}
