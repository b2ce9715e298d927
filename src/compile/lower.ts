// Traced graph -> ONNX model: simplify, assign layouts, lower kernel by kernel, fuse, share, order, encode.

import { fuse } from "./fuse.js";
import { assignLayouts } from "./layouts.js";
import { BATCH_NORM } from "./lower-batch-norm.js";
import { CONV } from "./lower-conv.js";
import { ELEMENTWISE } from "./lower-elementwise.js";
import { POOL } from "./lower-pool.js";
import { STRUCTURE } from "./lower-structure.js";
import type { Context, Lowering, Target } from "./lowering.js";
import { OnnxBuilder, type OnnxValue } from "./onnx-builder.js";
import { orderForLoading } from "./order.js";
import { Placement } from "./placement.js";
import { shareEqual } from "./share.js";
import { simplify } from "./simplify.js";
import { type TracedGraph, type TracedValue, UnsupportedKernelError } from "./traced-graph.js";

const LOWERINGS: Readonly<Record<string, Lowering>> = {
  ...ELEMENTWISE,
  ...STRUCTURE,
  ...CONV,
  ...BATCH_NORM,
  ...POOL,
};

export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** ONNX names by the names the traced function gave. An output may have another shape, of as many numbers. */
  readonly inputs: ReadonlyMap<string, OnnxValue>;
  readonly outputs: ReadonlyMap<string, OnnxValue>;
  /** Only state that the function reads is an input, only state that it assigns an output. */
  readonly stateInputs: ReadonlyMap<string, OnnxValue>;
  readonly stateOutputs: ReadonlyMap<string, OnnxValue>;
}

/** `frozen`: values of state that becomes part of the model, in place of inputs. Throws UnsupportedKernelError. */
export function lower(
  traced: TracedGraph,
  target: Target,
  frozen?: ReadonlyMap<string, Float32Array>,
): OnnxModel {
  const graph = simplify(traced);
  const builder = new OnnxBuilder();
  const placement = new Placement(builder);
  const context: Context = { builder, placement, layoutOf: assignLayouts(graph, target.block), ...target };
  const results = [
    ...graph.outputs.map(({ value }) => value),
    ...graph.state.filter(({ before, after }) => before !== after).map(({ after }) => after),
  ];
  const used = new Set([...results, ...graph.nodes.flatMap((node) => node.inputs)]);
  const declare = (prefix: string, named: readonly { name: string; value: TracedValue }[]) =>
    new Map(
      named
        .filter(({ value }) => used.has(value) || prefix === "input")
        .map(({ name, value }) => {
          const declared = { name: `${prefix}:${name}`, shape: value.shape };
          placement.put(value, "plain", declared.name);
          return [name, declared] as const;
        }),
    );
  const inputs = declare("input", graph.inputs);
  const stateInputs = declare(
    "state",
    graph.state.map(({ name, before }) => ({ name, value: before })),
  );
  for (const [name, declared] of frozen ? stateInputs : []) {
    const values = frozen?.get(name);
    if (!values) throw new Error(`no value for the state ${name}`);
    builder.initializer(declared, values);
  }
  placeConstants(context, graph, used);
  for (const node of graph.nodes) {
    const lowering = LOWERINGS[node.kernel];
    if (!lowering) throw new UnsupportedKernelError(node.kernel, node.layer);
    builder.origin = `${node.layer} ${node.kernel}`;
    lowering(context, node);
  }
  const taken = new Set<string>();
  const result = (value: TracedValue): OnnxValue => {
    const made = placement.full(value, "plain");
    // An output is a node's own, and one output only; a copy where it is not.
    const name = builder.produces(made) && !taken.has(made) ? made : builder.op("Identity", [made]);
    taken.add(name);
    return { name, shape: value.shape };
  };
  const outputs = new Map(graph.outputs.map(({ name, value }) => [name, result(value)]));
  const stateOutputs = new Map(
    graph.state
      .filter(({ before, after }) => before !== after)
      .map(({ name, after }) => [name, result(after)]),
  );
  const fused = fuse(builder, [...outputs.values(), ...stateOutputs.values()]);
  const final = (named: ReadonlyMap<string, OnnxValue>) =>
    new Map(Array.from(named, ([name, value]) => [name, fused.outputs.get(value.name) ?? value]));
  const names = (values: Iterable<OnnxValue>) => new Set(Array.from(values, ({ name }) => name));
  const shared = shareEqual(fused.nodes, names(fused.outputs.values()));
  const bytes = builder.encode(
    [...inputs.values(), ...(frozen ? [] : stateInputs.values())],
    [...fused.outputs.values()],
    orderForLoading(shared, names(inputs.values())),
  );
  return { bytes, inputs, outputs: final(outputs), stateInputs, stateOutputs: final(stateOutputs) };
}

/** A constant of one repeated number is stored as that number. */
function placeConstants(
  { builder, placement }: Context,
  graph: TracedGraph,
  used: ReadonlySet<TracedValue>,
): void {
  for (const [value, numbers] of graph.constants) {
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
