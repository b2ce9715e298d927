// y + x s and y - x s, where s is one number -> one node. It is what optimizers consist of.

import { isSameShape, makersOf, sizeOfShape, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { GraphPass } from "./pass.js";

export const SCALED_SUM: GraphPass = {
  name: "scaled-sum",
  purpose: "y + x s and y - x s with one number s become one node, one pass over the tensors",
  run: joinScaledSums,
};

/** The product is dropped where nobody else uses it. */
function joinScaledSums(graph: TracedGraph): TracedGraph {
  const products = makersOf(graph, "Multiply");
  const joined = graph.nodes.map((node): TracedNode => {
    if (node.kernel !== "Add" && node.kernel !== "Sub") return node;
    const [left, right] = node.inputs;
    const sides: readonly (readonly [Value, Value])[] = [
      [right, left],
      [left, right],
    ];
    // In a difference only what is subtracted can be the product; of two products in a sum, the first is joined.
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
