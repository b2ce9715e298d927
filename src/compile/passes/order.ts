// Sorts ONNX nodes into an order that ONNX Runtime loads fast.
//
// While creating a session, ONNX Runtime sorts the graph four times. Each time, it repeatedly takes the first of the nodes that
// are ready, which it keeps in a linked list, and it walks the whole list for each node that it adds. With the traced order, a
// deep network keeps thousands of nodes in the list: the optimizer's products with state are ready from the start, and the nodes
// that prepare the results of the forward pass for the gradient are ready long before the gradient. If nodes come as soon as
// they are ready, they leave the list immediately.
//
// This is not the order of execution. For that, ONNX Runtime goes back from the last node whose outputs are unused, then from the
// one before it, and so on. The longer the path to such a node, the earlier it is listed, so that each weight is updated as soon as
// its gradient is available, deepest layer first, and joined updates come after all others. Otherwise, gradients or the images that
// they are computed from would be kept until the end of the step.

import type { OnnxGraph, OnnxNode } from "../onnx/graph.js";
import type { NodePass } from "./pass.js";

export const ORDER: NodePass = {
  name: "order",
  purpose: "lists nodes as ONNX Runtime loads them fastest, and results so that it needs the least memory",
  run: orderForLoading,
};

/** Nodes that depend only on state, not on inputs of the call, come first, so that they are no longer in the list. */
function orderForLoading(graph: OnnxGraph): OnnxGraph {
  const all = connect(graph);
  const isLast = ({ followers }: Linked) => followers.length === 0;
  const isReady = (linked: Linked) => linked.missing === 0 && !isLast(linked);
  const last = all
    .filter(isLast)
    .sort((a, b) => b.fromStart - a.fromStart)
    .values();
  const ordered: OnnxNode[] = [];
  let nextLast = last.next().value;
  const takeLast = () => {
    while (nextLast?.missing === 0) {
      ordered.push(nextLast.node);
      nextLast = last.next().value;
    }
  };
  // Both are stacks.
  const [onState, onFed]: [Linked[], Linked[]] = [[], []];
  const wait = (linked: Linked) => (linked.needsFed ? onFed : onState).push(linked);
  all.filter(isReady).reverse().forEach(wait);
  takeLast();
  for (let next = onState.pop() ?? onFed.pop(); next !== undefined; next = onState.pop() ?? onFed.pop()) {
    ordered.push(next.node);
    const freed = next.followers.filter((follower) => {
      follower.missing--;
      return isReady(follower);
    });
    // Short branches come first, and the path through the network afterwards.
    freed.sort((a, b) => b.toEnd - a.toEnd).forEach(wait);
    takeLast();
  }
  return { ...graph, nodes: ordered };
}

interface Linked {
  readonly node: OnnxNode;
  /** The nodes that use its outputs, once per use. */
  readonly followers: Linked[];
  /** Number of inputs whose nodes have not been placed yet. */
  missing: number;
  /** Number of nodes on the longest path before it. */
  readonly fromStart: number;
  /** Number of nodes on the longest path after it. */
  toEnd: number;
  /** Whether it depends, directly or indirectly, on an input of the call. */
  readonly needsFed: boolean;
}

function connect({ nodes, inputs }: OnnxGraph): Linked[] {
  const fed = new Set(Array.from(inputs.values(), ({ name }) => name));
  const makers = new Map<string, Linked>();
  const all = nodes.map((node) => {
    const from = node.inputs.flatMap((name) => makers.get(name) ?? []);
    const needsFed = node.inputs.some((name) => fed.has(name)) || from.some((maker) => maker.needsFed);
    const fromStart = Math.max(0, ...from.map((maker) => maker.fromStart + 1));
    const linked: Linked = { node, followers: [], missing: from.length, fromStart, toEnd: 0, needsFed };
    for (const maker of from) maker.followers.push(linked);
    for (const name of node.outputs) makers.set(name, linked);
    return linked;
  });
  for (const linked of all.toReversed())
    linked.toEnd = Math.max(0, ...linked.followers.map(({ toEnd }) => toEnd + 1));
  return all;
}
