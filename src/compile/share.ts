// ONNX nodes -> the same without repetitions: of nodes that compute the same from the same, the first is kept.

import type { OnnxNode } from "./onnx-builder.js";

/**
 * Each weight's update asks for the negated learning rate and for its copy a channel of a block, both passes of a gradient
 * for the same reshapes. `kept`: names that must stay, because the model gives them.
 */
export function shareEqual(nodes: readonly OnnxNode[], kept: ReadonlySet<string>): OnnxNode[] {
  const first = new Map<string, OnnxNode>();
  const replaced = new Map<string, string>();
  return nodes.flatMap((node) => {
    const inputs = node.inputs.map((name) => replaced.get(name) ?? name);
    // The number of outputs matters: a pool gives its indices only where it is asked for two.
    const key = JSON.stringify([node.type, node.domain, inputs, node.attributes, node.outputs.length]);
    const known = first.get(key);
    if (!known) first.set(key, node);
    if (!known || node.outputs.some((name) => kept.has(name))) return { ...node, inputs };
    node.outputs.forEach((name, index) => {
      replaced.set(name, known.outputs[index] as string);
    });
    return [];
  });
}
