// Fuses blocked convolutions with the nodes that follow them.
//
// For example, the affine step of BatchNorm or the scaling of SE, the residual sum and the ReLU become one pass over the
// activations.

import { isBlockedConv, type OnnxGraph, type OnnxNode, outputNames } from "../onnx/graph.js";
import { FUSE_ACTIVATION } from "./fuse-activation.js";
import { FUSE_SHIFT } from "./fuse-shift.js";
import { FUSE_SUM } from "./fuse-sum.js";
import type { FusionRule } from "./fusion-rule.js";
import type { NodePass } from "./pass.js";
import { countUses } from "./uses.js";

export const FUSION_RULES: readonly FusionRule[] = [FUSE_SHIFT, FUSE_SUM, FUSE_ACTIVATION];

export const FUSE: NodePass = {
  name: "fuse",
  purpose:
    "merges shifts, sums and activations (ReLU, ReLU6, leaky ReLU, hard sigmoid) into the blocked convolution before them",
  run: (graph) => fuse(graph, FUSION_RULES),
};

/** A node is fused only if it is the only use of the convolution's result, which no longer exists afterwards. */
export function fuse(graph: OnnxGraph, rules: readonly FusionRule[]): OnnxGraph {
  const uses = countUses(graph.nodes, outputNames(graph));
  /** Output of a blocked convolution -> its index in `fused`. */
  const open = new Map<string, number>();
  const fused: (OnnxNode | null)[] = [];
  const add = (node: OnnxNode) => {
    if (isBlockedConv(node)) open.set(node.outputs[0], fused.length);
    fused.push(node);
  };
  const moved = (node: OnnxNode): { from: number; conv: OnnxNode } | null => {
    for (const rule of rules)
      for (const name of rule.candidates(node)) {
        const from = uses.get(name) === 1 ? open.get(name) : undefined;
        const before = from === undefined ? null : fused[from];
        const conv = before && rule.rewrite(before, node, name);
        if (conv && from !== undefined) return { from, conv };
      }
    return null;
  };
  for (const node of graph.nodes) {
    const move = moved(node);
    if (move) fused[move.from] = null;
    add(move?.conv ?? node);
  }
  return { ...graph, nodes: fused.filter((node) => node !== null) };
}
