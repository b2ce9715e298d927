// Removes repeated ONNX nodes. Of several nodes with the same operation and the same inputs, the first is kept.

import { type OnnxGraph, type OnnxNode, outputNames } from "../onnx/graph.js";
import type { NodePass } from "./pass.js";

export const SHARE: NodePass = {
  name: "share",
  purpose: "keeps only the first of several nodes that compute the same values from the same inputs",
  run: shareEqual,
};

/**
 * For example, the update of each weight creates the negated learning rate and its copies for the channels of a block, and both
 * gradients of a convolution create the same reshapes. Outputs of the model keep their names.
 */
function shareEqual(graph: OnnxGraph): OnnxGraph {
  const kept = outputNames(graph);
  const first = new Map<string, OnnxNode>();
  const replaced = new Map<string, string>();
  const nodes = graph.nodes.flatMap((node) => {
    const inputs = node.inputs.map((name) => replaced.get(name) ?? name);
    // The number of outputs matters, because a pool computes its indices only if it has two.
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
