// Traced graph -> ONNX model: simplify, assign layouts, lower kernel by kernel, fuse, share, order, encode.

import { forAnyBatch, TELLTALE_BATCH } from "./any-batch.js";
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

/** A model by itself, for others. */
export interface Portable {
  /** Values of the state, which becomes part of the model. */
  readonly frozen: ReadonlyMap<string, Float32Array>;
  /** What the model says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether it was traced with TELLTALE_BATCH images, to take any number. */
  readonly anyBatch: boolean;
}

/** The function lowered for ourselves: its state goes in and comes out. Throws UnsupportedKernelError. */
export function lower(traced: TracedGraph, target: Target): OnnxModel {
  const { builder, nodes, inputs, outputs, stateInputs, stateOutputs, named } = lowerNodes(traced, target);
  const bytes = builder.encode([...inputs.values(), ...stateInputs.values()], [...named.values()], nodes);
  return { bytes, inputs, outputs, stateInputs, stateOutputs };
}

/**
 * A function without state of its own, with inputs and outputs named as the function names them. Throws
 * UnsupportedKernelError, and InputError where it was to take any number of images and cannot.
 */
export function lowerPortable(
  traced: TracedGraph,
  target: Target,
  { frozen, metadata, anyBatch }: Portable,
): Uint8Array {
  const lowered = lowerNodes(traced, target);
  const { builder, inputs, outputs, stateInputs } = lowered;
  for (const [name, declared] of stateInputs) {
    const values = frozen.get(name);
    if (!values) throw new Error(`no value for the state ${name}`);
    builder.initializer(declared, values);
  }
  const nodes = anyBatch ? forAnyBatch(builder, lowered.nodes) : lowered.nodes;
  const names = new Map([...inputs, ...outputs].map(([name, value]) => [value.name, name]));
  const rename = (name: string) => names.get(name) ?? name;
  const declare = ([name, { shape }]: readonly [string, OnnxValue]) => ({
    name,
    shape: shape.map((size) => (anyBatch && size === TELLTALE_BATCH ? "batch" : size)),
  });
  return builder.encode(
    Array.from(inputs, declare),
    Array.from(outputs, declare),
    nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) })),
    metadata,
  );
}

/** All but the encoding. `named`: all results by their names before fusing. */
export function lowerNodes(traced: TracedGraph, target: Target) {
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
  const nodes = orderForLoading(shared, names(inputs.values()));
  return {
    builder,
    nodes,
    inputs,
    outputs: final(outputs),
    stateInputs,
    stateOutputs: final(stateOutputs),
    named: fused.outputs,
  };
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
