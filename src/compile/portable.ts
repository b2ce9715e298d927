// A lowered function -> a model by itself, for others: its state becomes part of it, its names are those of the function.

import type { Lowered } from "./lower.js";
import type { OnnxValue } from "./onnx/graph.js";
import { ANY_BATCH, TELLTALE_BATCH } from "./passes/any-batch.js";

export interface Portable {
  /** Values of the state, which becomes part of the model. */
  readonly frozen: ReadonlyMap<string, Float32Array>;
  /** What the model says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether it was traced with TELLTALE_BATCH images, to take any number. */
  readonly anyBatch: boolean;
}

/** Throws InputError where the model was to take any number of images and cannot. */
export function portableModel(
  { graph, builder }: Lowered,
  { frozen, metadata, anyBatch }: Portable,
): Uint8Array {
  const { inputs, outputs, stateInputs } = graph;
  for (const [name, declared] of stateInputs) {
    const values = frozen.get(name);
    if (!values) throw new Error(`no value for the state ${name}`);
    builder.initializer(declared, values);
  }
  const { nodes } = anyBatch ? ANY_BATCH.run(graph, builder) : graph;
  const names = new Map([...inputs, ...outputs].map(([name, value]) => [value.name, name]));
  const rename = (name: string) => names.get(name) ?? name;
  const declare = ([name, { shape }]: readonly [string, OnnxValue]) => ({
    name,
    shape: shape.map((size) => (anyBatch && size === TELLTALE_BATCH ? "batch" : size)),
  });
  return builder.encode({
    inputs: Array.from(inputs, declare),
    outputs: Array.from(outputs, declare),
    nodes: nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    metadata,
  });
}
