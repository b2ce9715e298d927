// Traced graph -> nodes of a TensorFlow graph. TensorFlow's ops have tfjs' layout of images, so there are no layouts to choose: oneDNN
// on the CPU and the layout optimizer on a GPU choose their own.

import { type NodeOf, resultsOf, type TracedGraph } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { BATCH_NORM } from "./batch-norm.js";
import type { TfBuilder } from "./builder.js";
import { CONV } from "./conv.js";
import { ELEMENTWISE } from "./elementwise.js";
import { FLOAT, type TfTensor } from "./graph.js";
import type { TfContext, TfKernelName, TfLowerings } from "./lowering.js";
import { MIXED } from "./mixed.js";
import { POOL } from "./pool.js";
import { STRUCTURE } from "./structure.js";
import { findUpdates, type Update } from "./updates.js";
import { TfVariables } from "./variables.js";

/** A missing kernel is a type error. */
const LOWERINGS: TfLowerings = { ...ELEMENTWISE, ...STRUCTURE, ...CONV, ...BATCH_NORM, ...POOL, ...MIXED };

/** One step: what is fed, what is fetched. */
export interface TfProgram {
  /** Their numbers are fed as the bits of 32-bit integers. */
  readonly inputs: readonly {
    readonly name: string;
    readonly tensor: TfTensor;
    readonly shape: readonly number[];
  }[];
  readonly outputs: readonly { readonly name: string; readonly tensor: TfTensor }[];
  /** A number that is there once all state has been written. To fetch it, or any output, is to run the whole step. */
  readonly done: TfTensor;
}

export interface TfSurroundings {
  /** The handles of TensorFlow's variables, by the names of the state. */
  readonly variables: ReadonlyMap<string, TfTensor>;
  readonly hasGpu: boolean;
}

export function lowerToTensorFlow(
  builder: TfBuilder,
  graph: TracedGraph,
  { variables, hasGpu }: TfSurroundings,
): TfProgram {
  const known = new Map<Value, TfTensor | (() => TfTensor)>();
  const inputs = graph.inputs.map(({ name, value }, index) => {
    const { placeholder, floats } = builder.fedFloats(`input_${index}`, value.shape);
    known.set(value, floats);
    return { name, shape: value.shape, tensor: placeholder };
  });
  const held = new TfVariables(builder, variables);
  for (const { name, before } of graph.state) known.set(before, () => held.read(name));
  for (const [value, numbers] of graph.constants) known.set(value, () => constantOf(builder, value, numbers));
  const tensor = tensorIn(known);
  const context = { builder, graph, hasGpu, tensor, rounded: new Map() };
  const updates = findUpdates(graph);
  const read = readOutsideUpdates(graph, updates);
  for (const { name, before, after } of graph.state) {
    if (read.has(before)) tensor(before);
    const update = updates.get(after);
    if (update) known.set(after, () => held.readAfter(name, held.update(update, tensor)));
  }
  for (const node of graph.nodes) {
    if (updates.has(node.outputs[0])) continue;
    const results = lowerNode(context, node as NodeOf<TfKernelName>);
    const list = "node" in results ? [results] : results;
    node.outputs.forEach((output, index) => void known.set(output, list[index] as TfTensor));
  }
  const writes = graph.state
    .filter(({ before, after }) => before !== after)
    .map(({ name, after }) => {
      const update = updates.get(after);
      return update ? held.update(update, tensor) : held.assign(name, tensor(after));
    });
  const control = [...new Set(writes)];
  const outputs = graph.outputs.map(({ name, value }, index) => ({
    name,
    tensor: builder.op("Identity", [tensor(value)], { T: FLOAT }, { name: `output_${index}`, control }),
  }));
  const done = builder.op("Identity", [builder.scalar(1)], { T: FLOAT }, { name: "done", control });
  return { inputs, outputs, done };
}

/** The values that anything else reads than the update of the state that they are. */
function readOutsideUpdates(graph: TracedGraph, updates: ReadonlyMap<Value, Update>): ReadonlySet<Value> {
  const own = new Map(graph.state.map(({ before, after }) => [after, before]));
  const read = graph.nodes.flatMap(({ inputs, outputs: [output] }): readonly Value[] =>
    updates.has(output) ? inputs.filter((value) => value !== own.get(output)) : inputs,
  );
  const assigned = graph.state.filter(({ before, after }) => before !== after);
  return new Set([...read, ...resultsOf({ ...graph, state: assigned })]);
}

function lowerNode<Name extends TfKernelName>(context: TfContext, node: NodeOf<Name>) {
  return LOWERINGS[node.kernel](context, node);
}

/** What is computed only if somebody asks is computed once. */
function tensorIn(known: Map<Value, TfTensor | (() => TfTensor)>): (value: Value) => TfTensor {
  return (value) => {
    const found = known.get(value);
    if (found === undefined) throw new Error(`value ${value.id} has not been computed`);
    const tensor = typeof found === "function" ? found() : found;
    known.set(value, tensor);
    return tensor;
  };
}

/** A constant that repeats one number is stored as that number. */
function constantOf(builder: TfBuilder, { dtype, shape }: Value, numbers: ArrayLike<number>): TfTensor {
  const isUniform = Array.prototype.every.call(numbers, (number) => number === numbers[0]);
  return builder.constant(dtype, shape, isUniform && dtype === "float32" ? [numbers[0] ?? 0] : numbers);
}
