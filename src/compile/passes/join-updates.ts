// The updates of small weights, which are the same few operations for each -> those operations once, on all of them in a row.
//
// A network has several small weights for each filter: biases, and scales and shifts of BatchNorm with their averages. Their numbers
// are few, but with their moments, their updates were most of the nodes of a deep network.

import { isSameShape, sizeOfShape, type TracedGraph, type TracedNode } from "../graph/graph.js";
import type { KernelName, Value } from "../graph/kernels.js";
import { nodeMaker } from "./new-nodes.js";
import { newValues } from "./new-values.js";
import type { GraphPass } from "./pass.js";
import { usersOf } from "./uses.js";

export const JOIN_UPDATES: GraphPass = {
  name: "join-updates",
  purpose: "updates all small weights at once that are updated in the same way",
  needs: "splitsIntoMany",
  run: joinUpdates,
};

/** What profiles show as the layer of joined updates. */
const SEVERAL_LAYERS = "small-weights";

/** Larger weights are not worth copying. */
const MOST_NUMBERS = 4096;

const ELEMENTWISE: ReadonlySet<KernelName> = new Set<KernelName>([
  ...(["Add", "Sub", "Multiply", "RealDiv", "Maximum", "Minimum"] as const),
  ...(["ScaledSum", "Square", "Sqrt", "Rsqrt", "Neg"] as const),
]);

function joinUpdates(graph: TracedGraph): TracedGraph {
  const make = newValues(graph);
  const groups = new Map<string, Update[]>();
  for (const update of updatesOf(graph)) {
    const known = groups.get(update.signature);
    if (known) known.push(update);
    else groups.set(update.signature, [update]);
  }
  const assigned = new Set(graph.state.map(({ after }) => after));
  const joined = [...groups.values()].filter(({ length }) => length > 1);
  const replaced = new Map<Value, Value>();
  const added = joined.flatMap((updates) => {
    const { nodes, after } = joinAlike(updates, { make, assigned });
    for (const [value, part] of after) replaced.set(value, part);
    return nodes;
  });
  const gone = new Set(joined.flat().flatMap(({ nodes }) => nodes));
  const state = graph.state.map((one) => ({ ...one, after: replaced.get(one.after) ?? one.after }));
  return { ...graph, state, nodes: [...graph.nodes.filter((node) => !gone.has(node)), ...added] };
}

/** The nodes that update one weight, its moments and its averages, in order. */
interface Update {
  readonly nodes: readonly TracedNode[];
  /** What they read that is as large as the weight, each once, in the order in which they first read it. */
  readonly read: readonly Value[];
  /** Equal if the nodes are the same up to what is read and how large it is. */
  readonly signature: string;
}

function updatesOf(graph: TracedGraph): Update[] {
  const own = ownNodes(graph);
  const makers = new Map(Array.from(own, (node) => [node.outputs[0], node]));
  /** Node -> the update that it is a part of. Updates that turn out to be one become one list. */
  const lists = new Map<TracedNode, TracedNode[]>();
  for (const node of own) {
    let list: TracedNode[] = [];
    for (const maker of node.inputs.flatMap((value) => makers.get(value) ?? [])) {
      const other = lists.get(maker) as TracedNode[];
      if (other === list) continue;
      list = other.concat(list);
      for (const one of list) lists.set(one, list);
    }
    list.push(node);
    lists.set(node, list);
  }
  const numberName = numberNames(graph);
  const places = new Map(graph.nodes.map((node, index) => [node, index]));
  const place = (node: TracedNode) => places.get(node) as number;
  return [...new Set(lists.values())].map((list) => {
    list.sort((a, b) => place(a) - place(b));
    return describe(list, numberName);
  });
}

/** Element-wise nodes on few numbers that lead to nothing but new state. */
function ownNodes({ nodes, outputs, state }: TracedGraph): ReadonlySet<TracedNode> {
  const users = usersOf(nodes);
  const returned = new Set(outputs.map(({ value }) => value));
  const assigned = new Set(state.map(({ after }) => after));
  const own = new Set<TracedNode>();
  for (const node of nodes.toReversed()) {
    const [output] = node.outputs;
    const isFit = (value: Value) => value.shape.length === 0 || isSameShape(value.shape, output.shape);
    const uses = users.get(output) ?? [];
    const leads = (assigned.has(output) || uses.length > 0) && uses.every((user) => own.has(user));
    const isSmall = output.shape.length > 0 && sizeOfShape(output.shape) <= MOST_NUMBERS;
    if (ELEMENTWISE.has(node.kernel) && isSmall && leads && !returned.has(output) && node.inputs.every(isFit))
      own.add(node);
  }
  return new Set(nodes.filter((node) => own.has(node)));
}

/**
 * Names single numbers by how they are computed, because each update computes its own, from constants of its own. The norm of all gradients
 * is computed in as many steps as there are weights, so names are short.
 */
function numberNames({ nodes, constants }: TracedGraph): (number: Value) => string {
  const names = new Map<Value, string>();
  const known = new Map<string, string>();
  const name = (value: Value, computed: string) => {
    if (!known.has(computed)) known.set(computed, `number ${known.size}`);
    names.set(value, known.get(computed) as string);
  };
  for (const [value, numbers] of constants) if (value.shape.length === 0) name(value, `${numbers[0]}`);
  const nameOf = (value: Value) => names.get(value) ?? `%${value.id}`;
  for (const { kernel, inputs, attributes, outputs } of nodes)
    if ([...inputs, ...outputs].every(({ shape }) => shape.length === 0))
      name(outputs[0] as Value, JSON.stringify([kernel, attributes, inputs.map(nameOf)]));
  return nameOf;
}

function describe(nodes: readonly TracedNode[], numberName: (number: Value) => string): Update {
  const made = new Map(nodes.map(({ outputs: [output] }, index) => [output, index]));
  const read = new Map<Value, number>();
  const nameOf = (value: Value) => {
    if (value.shape.length === 0) return numberName(value);
    const node = made.get(value);
    if (node !== undefined) return `node ${node}`;
    if (!read.has(value)) read.set(value, read.size);
    return `read ${read.get(value)}`;
  };
  const lines = nodes.map(({ kernel, inputs, attributes }) => [kernel, attributes, inputs.map(nameOf)]);
  return { nodes, read: [...read.keys()], signature: JSON.stringify(lines) };
}

interface Surroundings {
  readonly make: (shape: readonly number[]) => Value;
  /** Values that are assigned to state. */
  readonly assigned: ReadonlySet<Value>;
}

/** Also returns, for each value that is assigned to state, the part of the joined one that replaces it, whose shape is flat. */
function joinAlike(updates: readonly Update[], { make, assigned }: Surroundings) {
  const [first] = updates as [Update];
  const sizes = updates.map(({ read }) => sizeOfShape((read[0] as Value).shape));
  const flat = [sizes.reduce((sum, size) => sum + size, 0)];
  const layer = SEVERAL_LAYERS;
  const nodes: TracedNode[] = [];
  const { reshape } = nodeMaker(nodes, make, layer);
  const row = (values: readonly Value[]): Value => {
    const parts = values.map((value, index) =>
      value.shape.length === 1 ? value : reshape(value, [sizes[index] as number]),
    );
    const all = make(flat);
    nodes.push({ kernel: "Concat", inputs: parts, attributes: { axis: 0 }, outputs: [all], layer });
    return all;
  };
  /** Value of the first update -> the values of all in a row. */
  const rows = new Map(
    first.read.map((value, index) => [value, row(updates.map(({ read }) => read[index] as Value))]),
  );
  const after = new Map<Value, Value>();
  for (const [index, node] of first.nodes.entries()) {
    const [output] = node.outputs;
    const all = make(flat);
    rows.set(output, all);
    const inputs = node.inputs.map((value) => rows.get(value) ?? value);
    // The kernel keeps the number of its inputs, which `map` does not know.
    nodes.push({ ...node, inputs, outputs: [all], layer } as unknown as TracedNode);
    const made = updates.map((update) => update.nodes[index]?.outputs[0] as Value);
    if (!made.some((value) => assigned.has(value))) continue;
    const parts = sizes.map((size) => make([size]));
    nodes.push({ kernel: "Split", inputs: [all], attributes: { sizes }, outputs: parts, layer });
    made.forEach((value, place) => {
      after.set(value, parts[place] as Value);
    });
  }
  return { nodes, after };
}
