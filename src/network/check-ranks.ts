// Which nodes of a graph are vectors and which are images, and the nodes whose inputs are of the other kind.

import type { Graph, Node, Op } from "./graph.js";

/** Ops whose result is a vector, whatever their input is. */
const VECTORS: readonly Op[] = [
  ...(["dense", "flatten", "channel-conv", "frequency-pool", "branch-factors"] as const),
  ...(["global-avg-pool", "global-max-pool", "global-std-pool"] as const),
];

/** Ops whose result is of the kind of their first input. */
const EITHER: readonly Op[] = [
  ...([
    "batch-norm",
    "group-norm",
    "layer-norm",
    "layer-scale",
    "relu",
    "activation",
    "sigmoid",
    "tanh",
  ] as const),
  ...(["scale", "add", "multiply", "dropout", "drop-path", "channel-function"] as const),
];

const NEED_VECTORS: readonly Op[] = ["dense", "stack", "channel-conv"];

/** Functions of all pixels, or of a batch of images. */
const OF_IMAGES: readonly string[] = ["gct", "simam", "next-image"];

/** The first node whose input should be an image but is a vector, or the other way round; null if there is none. */
export function misplacedNode(
  graph: Graph,
): { readonly node: Node; readonly needs: "image" | "vector" } | null {
  const vectors = new Set<string>();
  for (const node of graph) {
    const [first] = node.inputs;
    const isVector = first !== undefined && vectors.has(first);
    const needs = needOf(node);
    if (first !== undefined && needs !== "either" && (needs === "vector") !== isVector)
      return { node, needs };
    if (VECTORS.includes(node.op) || (EITHER.includes(node.op) && isVector)) vectors.add(node.name);
  }
  return null;
}

function needOf(node: Node): "image" | "vector" | "either" {
  if (NEED_VECTORS.includes(node.op)) return "vector";
  if (node.op === "channel-function" && OF_IMAGES.includes(node.kind)) return "image";
  return EITHER.includes(node.op) || node.op === "flatten" ? "either" : "image";
}
