// A lowered function -> a self-contained model for other programs. State becomes constants, and names are those of the function.

import type { Lowered } from "./lower.js";
import type { OnnxValue } from "./onnx/graph.js";
import { ANY_BATCH, TELLTALE_BATCH } from "./passes/any-batch.js";

export interface Portable {
  /** The values of the state, which become constants of the model. */
  readonly frozen: ReadonlyMap<string, Float32Array>;
  /** Metadata of the model, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether the model should accept any number of images. It must have been traced with TELLTALE_BATCH images. */
  readonly anyBatch: boolean;
}

/** Returns the bytes of the model. Throws InputError if it should accept any number of images but cannot. */
export function portableModel(
  { graph, builder }: Lowered,
  { frozen, metadata, anyBatch }: Portable,
): Uint8Array {
  const { inputs, outputs, stateInputs } = graph;
  for (const [name, declared] of stateInputs) {
    const values = frozen.get(name);
    if (!values) throw new Error(`there is no value for the state ${name}`);
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
