// ONNX nodes -> the same in the order in which ONNX Runtime loads them fastest.
//
// While it makes a session, ONNX Runtime sorts the graph four times by taking, of all nodes that wait for nothing more,
// the one that comes first. It keeps those in a linked list and walks all of it for each node that joins. Written down as
// it was traced, a deep network fills the list with thousands of nodes for the whole time: the optimizer's products with
// state are ready from the start, what the gradient needs of the forward pass long before it. Nodes that come as soon
// as they are ready leave the list at once.
//
// The order in which nodes run is another: ONNX Runtime goes back from the last node that nobody uses, then from the one
// before it, and so on. So these nodes keep their order, and with it each weight is still updated once its
// gradient is there, deepest layer first; otherwise all gradients would be kept to the end of the step.

import type { OnnxGraph, OnnxNode } from "../onnx/graph.js";
import type { NodePass } from "./pass.js";

export const ORDER: NodePass = {
  name: "order",
  purpose: "nodes are written down in the order in which ONNX Runtime loads them fastest",
  run: orderForLoading,
};

/** What needs none of the inputs that are fed, only state, comes first, and is then out of the list. */
function orderForLoading(graph: OnnxGraph): OnnxGraph {
  const all = connect(graph);
  const isLast = ({ followers }: Linked) => followers.length === 0;
  const isReady = (linked: Linked) => linked.missing === 0 && !isLast(linked);
  const last = all.filter(isLast).values();
  const ordered: OnnxNode[] = [];
  let nextLast = last.next().value;
  const takeLast = () => {
    while (nextLast?.missing === 0) {
      ordered.push(nextLast.node);
      nextLast = last.next().value;
    }
  };
  // Stacks: what is at the end comes next.
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
    // What ends soon comes next; the way through the network comes after it.
    freed.sort((a, b) => b.toEnd - a.toEnd).forEach(wait);
    takeLast();
  }
  return { ...graph, nodes: ordered };
}

interface Linked {
  readonly node: OnnxNode;
  /** Those that use its outputs, once for each use. */
  readonly followers: Linked[];
  /** How many of its inputs other nodes have yet to make. */
  missing: number;
  /** How many come one after the other after it, on the longest way. */
  toEnd: number;
  /** Whether it needs something fed, itself or through others. */
  readonly needsFed: boolean;
}

function connect({ nodes, inputs }: OnnxGraph): Linked[] {
  const fed = new Set(Array.from(inputs.values(), ({ name }) => name));
  const makers = new Map<string, Linked>();
  const all = nodes.map((node) => {
    const from = node.inputs.flatMap((name) => makers.get(name) ?? []);
    const needsFed = node.inputs.some((name) => fed.has(name)) || from.some((maker) => maker.needsFed);
    const linked: Linked = { node, followers: [], missing: from.length, toEnd: 0, needsFed };
    for (const maker of from) maker.followers.push(linked);
    for (const name of node.outputs) makers.set(name, linked);
    return linked;
  });
  for (const linked of all.toReversed())
    linked.toEnd = Math.max(0, ...linked.followers.map(({ toEnd }) => toEnd + 1));
  return all;
}
