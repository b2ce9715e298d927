// A traced graph -> the same graph without nodes that no result needs.

import { resultsOf, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { GraphPass } from "./pass.js";

export const DROP_UNUSED: GraphPass = {
  name: "drop-unused",
  purpose: "removes nodes whose outputs no result needs",
  run: dropUnused,
};

function dropUnused(graph: TracedGraph): TracedGraph {
  const needed = new Set(resultsOf(graph));
  const kept: TracedNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return { ...graph, nodes: kept.reverse() };
}
