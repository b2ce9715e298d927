// dy * step(x), which is tfjs' gradient of a ReLU -> one node over the ReLU's output, so that x need not be kept.

import { makersOf, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { GraphPass } from "./pass.js";

export const RELU_GRADIENT: GraphPass = {
  name: "relu-gradient",
  purpose: "turns dy * step(x) into one node that reads the output of the ReLU, so that x need not be kept",
  run: joinReluGradients,
};

function joinReluGradients(graph: TracedGraph): TracedGraph {
  const steps = makersOf(graph, "Step");
  /** Of the nodes before the current one: x -> the output of a ReLU. */
  const relus = new Map<Value, Value>();
  const nodes = graph.nodes.map((node): TracedNode => {
    if (node.kernel === "Relu") relus.set(node.inputs[0], node.outputs[0]);
    if (node.kernel !== "Multiply") return node;
    const [dy, mask] = node.inputs;
    const step = steps.get(mask);
    const y = step?.attributes.alpha === 0 ? relus.get(step.inputs[0]) : undefined;
    return y ? { ...node, kernel: "ReluGradient", inputs: [dy, y], attributes: {} } : node;
  });
  return { ...graph, nodes };
}
