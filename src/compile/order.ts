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

import type { OnnxNode } from "./onnx-builder.js";

/** `fed`: names of the inputs that are not state. What needs none of them comes first, and is then out of the list. */
export function orderForLoading(nodes: readonly OnnxNode[], fed: ReadonlySet<string>): OnnxNode[] {
  const { followers, missing, toEnd } = connect(nodes);
  const needsFed = followFed(nodes, fed);
  const isLast = (index: number) => followers[index]?.length === 0;
  const isReady = (index: number) => missing[index] === 0 && !isLast(index);
  const last = [...nodes.keys()].filter(isLast);
  // Stacks: what is at the end comes next.
  const [onState, onFed]: [number[], number[]] = [[], []];
  const wait = (index: number) => (needsFed[index] ? onFed : onState).push(index);
  const ordered: OnnxNode[] = [];
  let nextLast = 0;
  const takeLast = () => {
    while (nextLast < last.length && missing[last[nextLast] as number] === 0)
      ordered.push(nodes[last[nextLast++] as number] as OnnxNode);
  };
  [...nodes.keys()].filter(isReady).reverse().forEach(wait);
  takeLast();
  for (let next = onState.pop() ?? onFed.pop(); next !== undefined; next = onState.pop() ?? onFed.pop()) {
    ordered.push(nodes[next] as OnnxNode);
    const freed = (followers[next] as number[]).filter((follower) => {
      missing[follower] = (missing[follower] as number) - 1;
      return isReady(follower);
    });
    // What ends soon comes next; the way through the network comes after it.
    freed.sort((a, b) => (toEnd[b] as number) - (toEnd[a] as number)).forEach(wait);
    takeLast();
  }
  return ordered;
}

interface Connections {
  /** By node: those that use its outputs, once for each use. */
  readonly followers: readonly number[][];
  /** By node: how many of its inputs other nodes have yet to make. */
  readonly missing: number[];
  /** By node: how many come one after the other behind it, on the longest way. */
  readonly toEnd: readonly number[];
}

function connect(nodes: readonly OnnxNode[]): Connections {
  const makers = new Map(
    nodes.flatMap(({ outputs }, index) => outputs.map((name) => [name, index] as const)),
  );
  const followers: number[][] = nodes.map(() => []);
  const missing = nodes.map(({ inputs }, index) => {
    const from = inputs.flatMap((name) => makers.get(name) ?? []);
    for (const maker of from) followers[maker]?.push(index);
    return from.length;
  });
  const toEnd = nodes.map(() => 0);
  for (let index = nodes.length - 1; index >= 0; index--)
    for (const follower of followers[index] as number[])
      toEnd[index] = Math.max(toEnd[index] as number, (toEnd[follower] as number) + 1);
  return { followers, missing, toEnd };
}

/** By node: whether it needs something fed, itself or through others. */
function followFed(nodes: readonly OnnxNode[], fed: ReadonlySet<string>): boolean[] {
  const late = new Set(fed);
  return nodes.map(({ inputs, outputs }) => {
    const needs = inputs.some((name) => late.has(name));
    if (needs) for (const name of outputs) late.add(name);
    return needs;
  });
}
