// Traced graph -> nodes of a TensorFlow graph. TensorFlow's ops have tfjs' layout of images, so there are no layouts to choose: oneDNN
// on the CPU and the layout optimizer on a GPU choose their own.

import type { NodeOf, TracedGraph } from "../graph/graph.js";
import type { KernelName, Value } from "../graph/kernels.js";
import { BATCH_NORM } from "./batch-norm.js";
import type { TfBuilder } from "./builder.js";
import { CONV } from "./conv.js";
import { ELEMENTWISE } from "./elementwise.js";
import { FLOAT, type TfNode, type TfTensor } from "./graph.js";
import type { TfContext, TfLowerings } from "./lowering.js";
import { MIXED } from "./mixed.js";
import { POOL } from "./pool.js";
import { STRUCTURE } from "./structure.js";

/** A missing kernel is a type error. */
const LOWERINGS: TfLowerings = { ...ELEMENTWISE, ...STRUCTURE, ...CONV, ...BATCH_NORM, ...POOL, ...MIXED };

/** One step: what is fed, what is fetched. */
export interface TfProgram {
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
  const inputs = graph.inputs.map(({ name, value: { shape } }, index) => {
    const options = { name: `input_${index}` };
    return {
      name,
      shape,
      tensor: builder.op("Placeholder", [], { dtype: FLOAT, shape: { shape } }, options),
    };
  });
  graph.inputs.forEach(
    ({ value }, index) => void known.set(value, (inputs[index] as { tensor: TfTensor }).tensor),
  );
  // A variable is read once, and assigned to after that: what has been read stays what it was.
  const reads = new Map<string, TfNode>();
  for (const { name, before } of graph.state)
    known.set(before, () => {
      const read = builder.op("ReadVariableOp", [handleOf(variables, name)], { dtype: FLOAT });
      reads.set(name, read.node);
      return read;
    });
  for (const [value, numbers] of graph.constants) known.set(value, () => constantOf(builder, value, numbers));
  const tensor = tensorIn(known);
  const context = { builder, graph, hasGpu, tensor, rounded: new Map() };
  for (const node of graph.nodes) {
    const results = lowerNode(context, node);
    const list = "node" in results ? [results] : results;
    node.outputs.forEach((output, index) => void known.set(output, list[index] as TfTensor));
  }
  const writes = graph.state
    .filter(({ before, after }) => before !== after)
    .map(({ name, after }) => ({ name, value: tensor(after) }))
    .map(({ name, value }) => {
      const read = reads.get(name);
      const control = read ? [read] : [];
      return builder.node(
        "AssignVariableOp",
        [handleOf(variables, name), value],
        { dtype: FLOAT },
        { control },
      );
    });
  const outputs = graph.outputs.map(({ name, value }, index) => ({
    name,
    tensor: builder.op(
      "Identity",
      [tensor(value)],
      { T: FLOAT },
      { name: `output_${index}`, control: writes },
    ),
  }));
  const done = builder.op("Identity", [builder.scalar(1)], { T: FLOAT }, { name: "done", control: writes });
  return { inputs, outputs, done };
}

function lowerNode<Name extends KernelName>(context: TfContext, node: NodeOf<Name>) {
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

function handleOf(variables: ReadonlyMap<string, TfTensor>, name: string): TfTensor {
  const handle = variables.get(name);
  if (!handle) throw new Error(`there is no state ${name}`);
  return handle;
}

/** A constant that repeats one number is stored as that number. */
function constantOf(builder: TfBuilder, { dtype, shape }: Value, numbers: ArrayLike<number>): TfTensor {
  const isUniform = Array.prototype.every.call(numbers, (number) => number === numbers[0]);
  return builder.constant(dtype, shape, isUniform && dtype === "float32" ? [numbers[0] ?? 0] : numbers);
}
