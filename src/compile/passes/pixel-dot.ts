// The sum of a product over height and width, which is the gradient of a scaling per channel -> one node.

import { isSameShape, makersOf, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { GraphPass } from "./pass.js";

export const PIXEL_DOT: GraphPass = {
  name: "pixel-dot",
  purpose:
    "turns the sum of a product over height and width into one node, a convolution as large as the image",
  run: joinPixelDots,
};

/** The product stays for other nodes that may use it. Otherwise, the pass drop-unused removes it. */
function joinPixelDots(graph: TracedGraph): TracedGraph {
  const products = makersOf(graph, "Multiply");
  const repeated = makersOf(graph, "Tile");
  const joined = graph.nodes.map((node): TracedNode => {
    if (node.kernel !== "Sum" || node.attributes.axes.join() !== "1,2") return node;
    const [sum] = node.inputs;
    const factors = products.get(sum)?.inputs;
    // If a factor is broadcast or repeated, it is not an image, and the product would have to be computed anyway.
    const isImage = (value: Value) => isSameShape(value.shape, sum.shape) && !repeated.has(value);
    if (sum.shape.length !== 4 || !factors?.every(isImage)) return node;
    return { ...node, kernel: "PixelDot", inputs: factors, attributes: {} };
  });
  return { ...graph, nodes: joined };
}
