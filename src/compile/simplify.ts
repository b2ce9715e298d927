// A traced graph -> an equal one with fewer and larger nodes, and without those that nothing needs.

import type { TracedGraph, TracedNode, TracedValue } from "./traced-graph.js";

/** `dy` where `y` (a ReLU's output) is positive, else 0: inputs dy, y. */
export const RELU_GRADIENT = "ReluGradient";

export function simplify(graph: TracedGraph): TracedGraph {
  return dropUnused({ ...graph, nodes: joinReluGradients(graph.nodes) });
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
    const y = step?.kernel === "Step" ? relu.get(step.inputs[0]) : undefined;
    return y ? { ...node, kernel: RELU_GRADIENT, inputs: [dy, y] } : node;
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
