// ONNX nodes -> the same without repetitions: of nodes that compute the same from the same, the first is kept.

import { type OnnxGraph, type OnnxNode, outputNames } from "../onnx/graph.js";
import type { NodePass } from "./pass.js";

export const SHARE: NodePass = {
  name: "share",
  purpose: "of nodes that compute the same from the same, the first stays",
  run: shareEqual,
};

/**
 * Each weight's update asks for the negated learning rate and for its copy a channel of a block, both passes of a gradient
 * for the same reshapes. What the model returns stays under its name.
 */
function shareEqual(graph: OnnxGraph): OnnxGraph {
  const kept = outputNames(graph);
  const first = new Map<string, OnnxNode>();
  const replaced = new Map<string, string>();
  const nodes = graph.nodes.flatMap((node) => {
    const inputs = node.inputs.map((name) => replaced.get(name) ?? name);
    // The number of outputs matters: a pool gives its indices only where it is asked for two.
    const key = JSON.stringify([node.type, node.domain, inputs, node.attributes, node.outputs.length]);
    const known = first.get(key);
    if (!known) first.set(key, node);
    if (!known || node.outputs.some((name) => kept.has(name))) return { ...node, inputs };
    node.outputs.forEach((name, index) => {
      replaced.set(name, known.outputs[index] ?? name);
    });
    return [];
  });
  return { ...graph, nodes };
}
