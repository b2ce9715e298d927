// Traced graph -> ONNX graph: passes over the traced graph, layouts, lowering of each kernel, passes over the ONNX graph.

import { type NamedValue, type NodeOf, resultsOf, type TracedGraph } from "./graph/graph.js";
import type { KernelName, Value } from "./graph/kernels.js";
import { liveBytes } from "./live-bytes.js";
import type { Observer } from "./observer.js";
import { OnnxBuilder } from "./onnx/builder.js";
import type { Named, OnnxGraph, OnnxValue } from "./onnx/graph.js";
import type { Context, Target } from "./ops/op.js";
import { OPS } from "./ops/ops.js";
import { Placement } from "./ops/placement.js";
import { assignLayouts } from "./passes/layouts.js";
import type { GraphPass } from "./passes/pass.js";
import { GRAPH_PASSES, NODE_PASSES } from "./passes/passes.js";

export interface Lowered {
  readonly graph: OnnxGraph;
  /** Contains the constants of the graph. */
  readonly builder: OnnxBuilder;
  readonly liveBytes: number;
}

/** The traced graph after passes, which are those of ONNX unless said otherwise. */
export function simplified(
  traced: TracedGraph,
  {
    passes = GRAPH_PASSES,
    observer,
  }: { passes?: readonly GraphPass[]; observer?: Observer | undefined } = {},
): TracedGraph {
  observer?.traced("trace", traced);
  return passes.reduce((graph, pass) => {
    const next = pass.run(graph);
    observer?.traced(pass.name, next);
    return next;
  }, traced);
}

/** Throws UnsupportedKernelError. */
export function lower(traced: TracedGraph, target: Target, observer?: Observer): Lowered {
  const passes = GRAPH_PASSES.filter(({ needs }) => needs === undefined || target[needs]);
  const simple = simplified(traced, { passes, observer });
  const builder = new OnnxBuilder();
  const layoutOf = assignLayouts(simple, target.block);
  observer?.layouts(simple, layoutOf);
  const context = { builder, placement: new Placement(builder, target.block), layoutOf, ...target };
  const lowered = lowerGraph(context, simple);
  observer?.lowered("lower", lowered, builder);
  const graph = NODE_PASSES.reduce((graph, pass) => {
    const next = pass.run(graph, builder);
    observer?.lowered(pass.name, next, builder);
    return next;
  }, lowered);
  return { graph, builder, liveBytes: liveBytes(simple) };
}

/** Lowers every node with the row of its kernel in the table of kernels. */
function lowerGraph(context: Context, graph: TracedGraph): OnnxGraph {
  const { builder } = context;
  const assigned = graph.state.filter(({ before, after }) => before !== after);
  const used = new Set<Value>([
    ...resultsOf({ ...graph, state: assigned }),
    ...graph.nodes.flatMap((node) => node.inputs),
  ]);
  const inputs = declare(context, "input", graph.inputs);
  const read = graph.state.filter(({ before }) => used.has(before));
  const stateInputs = declare(
    context,
    "state",
    read.map(({ name, before }) => ({ name, value: before })),
  );
  placeConstants(context, graph, used);
  for (const node of graph.nodes) {
    builder.origin = `${node.layer} ${node.kernel}`;
    lowerNode(context, node);
  }
  const taken = new Set<string>();
  const outputs = results(context, graph.outputs, taken);
  const after = assigned.map(({ name, after }) => ({ name, value: after }));
  const stateOutputs = results(context, after, taken);
  return { nodes: builder.nodes, inputs, outputs, stateInputs, stateOutputs };
}

function lowerNode<Name extends KernelName>(context: Context, node: NodeOf<Name>): void {
  OPS[node.kernel].lower(context, node);
}

function declare({ placement }: Context, prefix: string, named: readonly NamedValue[]): Named {
  return new Map(
    named.map(({ name, value }) => {
      const declared = { name: `${prefix}:${name}`, shape: value.shape };
      placement.put(value, "plain", declared.name);
      return [name, declared];
    }),
  );
}

/** Each output needs a node that produces it alone. Others become copies. `taken`: names that already are outputs. */
function results({ builder, placement }: Context, named: readonly NamedValue[], taken: Set<string>): Named {
  return new Map(
    named.map(({ name, value }): [string, OnnxValue] => {
      const made = placement.full(value, "plain");
      const own = builder.produces(made) && !taken.has(made) ? made : builder.op("Identity", [made]);
      taken.add(own);
      return [name, { name: own, shape: value.shape }];
    }),
  );
}

/** A constant that repeats one number is stored as that number. */
function placeConstants(
  { builder, placement }: Context,
  { constants }: TracedGraph,
  used: ReadonlySet<Value>,
): void {
  for (const [value, numbers] of constants) {
    if (!used.has(value)) continue;
    const uniform = isUniform(numbers);
    const shape = uniform ? value.shape.map(() => 1) : value.shape;
    placement.put(value, "plain", builder.floats(uniform ? [numbers[0] ?? 0] : numbers, shape), shape);
  }
}

function isUniform(numbers: ArrayLike<number>): boolean {
  for (let index = 1; index < numbers.length; index++) if (numbers[index] !== numbers[0]) return false;
  return true;
}
