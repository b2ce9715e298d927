// dy * step(x), which is tfjs' gradient of a ReLU, or dy * (x <= 6) * step(x), that of a ReLU6 -> one node over the output of the
// ReLU, so that x need not be kept.

import { makersOf, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { GraphPass } from "./pass.js";

export const RELU_GRADIENT: GraphPass = {
  name: "relu-gradient",
  purpose:
    "turns dy * step(x), and dy * (x <= 6) * step(x), into one node that reads the output of the ReLU, so that x need not be kept",
  run: joinReluGradients,
};

function joinReluGradients(graph: TracedGraph): TracedGraph {
  const makers = {
    Step: makersOf(graph, "Step"),
    Cast: makersOf(graph, "Cast"),
    LessEqual: makersOf(graph, "LessEqual"),
    Multiply: makersOf(graph, "Multiply"),
  };
  /** Of the nodes before the current one: x -> the output of a ReLU. */
  const outputs = { Relu: new Map<Value, Value>(), Relu6: new Map<Value, Value>() };
  /** The x of step(x). */
  const stepped = (mask: Value) => {
    const step = makers.Step.get(mask);
    return step?.attributes.alpha === 0 ? step.inputs[0] : undefined;
  };
  /** The x of (x <= 6) * step(x). */
  const steppedBelowSix = (mask: Value) => {
    const [below, step] = makers.Multiply.get(mask)?.inputs ?? [];
    const comparison = below && makers.LessEqual.get(makers.Cast.get(below)?.inputs[0] ?? below);
    const x = step && stepped(step);
    if (!comparison || comparison.inputs[0] !== x) return undefined;
    const limit = graph.constants.get(comparison.inputs[1]);
    return limit?.length === 1 && limit[0] === 6 ? x : undefined;
  };
  const nodes = graph.nodes.map((node): TracedNode => {
    if (node.kernel === "Relu" || node.kernel === "Relu6")
      outputs[node.kernel].set(node.inputs[0], node.outputs[0]);
    if (node.kernel !== "Multiply") return node;
    const [dy, mask] = node.inputs;
    for (const { relu, kernel, x } of [
      { relu: outputs.Relu, kernel: "ReluGradient", x: stepped(mask) },
      { relu: outputs.Relu6, kernel: "Relu6Gradient", x: steppedBelowSix(mask) },
    ] as const) {
      const y = x && relu.get(x);
      if (y) return { ...node, kernel, inputs: [dy, y], attributes: {} };
    }
    return node;
  });
  return { ...graph, nodes };
}
