// dy * step(x), as tfjs writes the gradient of a ReLU -> one node over the ReLU's output, so that x need not be kept.

import type { TracedGraph, TracedNode } from "../graph/graph.js";
import type { GraphPass } from "./pass.js";

export const RELU_GRADIENT: GraphPass = {
  name: "relu-gradient",
  purpose: "dy * step(x) becomes one node over the output of the ReLU, so that x need not be kept",
  run: joinReluGradients,
};

function joinReluGradients(graph: TracedGraph): TracedGraph {
  const { nodes } = graph;
  const steps = new Map(
    nodes.flatMap((node) =>
      node.kernel === "Step" && node.attributes.alpha === 0 ? [[node.outputs[0], node.inputs[0]]] : [],
    ),
  );
  const relus = new Map(
    nodes.flatMap((node) => (node.kernel === "Relu" ? [[node.inputs[0], node.outputs[0]]] : [])),
  );
  const joined = nodes.map((node): TracedNode => {
    if (node.kernel !== "Multiply") return node;
    const [dy, mask] = node.inputs;
    const x = steps.get(mask);
    const y = x && relus.get(x);
    return y ? { ...node, kernel: "ReluGradient", inputs: [dy, y], attributes: {} } : node;
  });
  return { ...graph, nodes: joined };
}
