// A traced graph -> an equal one with fewer and larger nodes, and without those that nothing needs.

import { sizeOfShape, type TracedGraph, type TracedNode, type TracedValue } from "./traced-graph.js";

/** `dy` where `y` (a ReLU's output) is positive, else 0: inputs dy, y. */
export const RELU_GRADIENT = "ReluGradient";

/** x times a number, plus or minus that to y: inputs x, number, y; attribute sign. What optimizers consist of. */
export const SCALED_SUM = "ScaledSum";

/** Sums over height and width of a product: inputs a, b; attributes axes. The gradient of a scaling by channel. */
export const PIXEL_DOT = "PixelDot";

export function simplify(graph: TracedGraph): TracedGraph {
  return dropUnused({ ...graph, nodes: joinScaledSums(joinPixelDots(joinReluGradients(graph.nodes))) });
}

/** tfjs writes the gradient of a ReLU as dy * step(x); with the output in place of x, x need not be kept. */
function joinReluGradients(nodes: readonly TracedNode[]): TracedNode[] {
  const producer = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const relu = new Map(
    nodes.flatMap((node) => (node.kernel === "Relu" ? [[node.inputs[0], node.outputs[0]] as const] : [])),
  );
  return nodes.map((node) => {
    if (node.kernel !== "Multiply") return node;
    const [dy, mask] = node.inputs as [TracedValue, TracedValue];
    const step = producer.get(mask);
    const isMask = step?.kernel === "Step" && Number(step.attributes.alpha ?? 0) === 0;
    const y = isMask ? relu.get(step.inputs[0]) : undefined;
    return y ? { ...node, kernel: RELU_GRADIENT, inputs: [dy, y] } : node;
  });
}

/** The product itself is left in place for whoever else uses it, and dropped where nobody does. */
function joinPixelDots(nodes: readonly TracedNode[]): TracedNode[] {
  const products = new Map(
    nodes.flatMap((node) => (node.kernel === "Multiply" ? [[node.outputs[0], node] as const] : [])),
  );
  return nodes.map((node) => {
    const product = node.kernel === "Sum" ? products.get(node.inputs[0]) : undefined;
    const axes = node.attributes.axes as readonly number[] | undefined;
    if (product?.outputs[0]?.shape.length !== 4 || axes?.join() !== "1,2") return node;
    const isFull = product.inputs.every((input) => input.shape.join() === product.outputs[0]?.shape.join());
    return isFull ? { ...node, kernel: PIXEL_DOT, inputs: product.inputs } : node;
  });
}

/** y + x s and y - x s, where s is one number; the product is dropped where nobody else uses it. */
function joinScaledSums(nodes: readonly TracedNode[]): TracedNode[] {
  const products = new Map(
    nodes.flatMap((node) => (node.kernel === "Multiply" ? [[node.outputs[0], node.inputs] as const] : [])),
  );
  return nodes.map((node) => {
    if (node.kernel !== "Add" && node.kernel !== "Sub") return node;
    const [left, right] = node.inputs as [TracedValue, TracedValue];
    const sides =
      node.kernel === "Sub"
        ? ([[right, left]] as const)
        : ([
            [left, right],
            [right, left],
          ] as const);
    for (const [product, other] of sides) {
      const factors = products.get(product);
      const number = factors?.find((factor) => sizeOfShape(factor.shape) === 1);
      const x = factors?.find((factor) => factor !== number);
      if (!number || !x || x.shape.join() !== other.shape.join()) continue;
      return {
        ...node,
        kernel: SCALED_SUM,
        inputs: [x, number, other],
        attributes: { sign: node.kernel === "Sub" ? -1 : 1 },
      };
    }
    return node;
  });
}

function dropUnused(graph: TracedGraph): TracedGraph {
  const needed = new Set([
    ...graph.outputs.map(({ value }) => value),
    ...graph.state.map(({ after }) => after),
  ]);
  const kept: TracedNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return { ...graph, nodes: kept.reverse() };
}
