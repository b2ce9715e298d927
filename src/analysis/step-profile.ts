// How long the nodes of a training step take -> shares by phase, kernel and layer.

import type { ProfiledNode } from "../engine/profile-events.js";
import type { Phase } from "../records/report-tables.js";

/** Ops that compute nothing, but put numbers in another order or shape. */
const CONVERSIONS = new Set([
  "Transpose",
  "Reshape",
  "ReorderInput",
  "ReorderOutput",
  "Expand",
  "Identity",
  "Concat",
  "Slice",
  "Split",
]);

/** `updates`: the sums of which optimizers and averages consist; the rest of what they compute is `element by element`. */
export function phaseOf({ kernel, op }: Pick<ProfiledNode, "kernel" | "op">): Phase {
  if (CONVERSIONS.has(op)) return "conversions";
  if (kernel === "Conv2D") return "convolutions forward";
  if (kernel === "Conv2DBackpropInput") return "gradients of inputs";
  if (kernel === "Conv2DBackpropFilter") return "gradients of filters";
  if (kernel === "BatchMatMul") return "matrix products";
  if (kernel.includes("BatchNorm")) return "BatchNorm";
  return kernel === "ScaledSum" ? "updates" : "element by element";
}

/** What nodes with something in common take. */
export interface Share {
  readonly name: string;
  readonly nodes: number;
  readonly seconds: number;
  /** Of the time of all nodes. */
  readonly share: number;
  /** Multiplications and additions of convolutions and matrix products, per second; 0 if there are none. */
  readonly operationsPerSecond: number;
  /** Bytes that are read and written per second. */
  readonly bytesPerSecond: number;
}

/** Shares by what `nameOf` says of a node, the largest first. */
export function sharesBy(nodes: readonly ProfiledNode[], nameOf: (node: ProfiledNode) => string): Share[] {
  const groups = new Map<string, ProfiledNode[]>();
  for (const node of nodes) groups.set(nameOf(node), [...(groups.get(nameOf(node)) ?? []), node]);
  const total = sumOf(nodes, "seconds");
  return Array.from(groups, ([name, own]): Share => {
    const seconds = sumOf(own, "seconds");
    const rate = (amount: number) => (seconds > 0 ? amount / seconds : 0);
    return {
      ...{ name, nodes: own.length, seconds, share: total > 0 ? seconds / total : 0 },
      operationsPerSecond: rate(sumOf(own, "operations")),
      bytesPerSecond: rate(sumOf(own, "bytes")),
    };
  }).sort((a, b) => b.seconds - a.seconds);
}

function sumOf(nodes: readonly ProfiledNode[], of: "seconds" | "operations" | "bytes"): number {
  return nodes.reduce((sum, node) => sum + node[of], 0);
}
