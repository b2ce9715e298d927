// How often the values of a graph are used, traced or as ONNX nodes.

import type { TracedNode } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";

/** Each result of the graph counts as a use. */
export function countUses<Name>(
  nodes: readonly { readonly inputs: readonly Name[] }[],
  results: Iterable<Name>,
): ReadonlyMap<Name, number> {
  const uses = new Map<Name, number>();
  for (const name of [...results, ...nodes.flatMap(({ inputs }) => inputs)])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

/** The nodes that read each value, once per use. */
export function usersOf(nodes: readonly TracedNode[]): ReadonlyMap<Value, readonly TracedNode[]> {
  const users = new Map<Value, TracedNode[]>();
  for (const node of nodes)
    for (const value of node.inputs) users.set(value, [...(users.get(value) ?? []), node]);
  return users;
}
