// A notation for ONNX nodes and graphs.

import type { OnnxGraph, OnnxNode, OnnxValue } from "../../src/compile/onnx/graph.js";

/** `text`: outputs, type and inputs, such as "sum = Add a b" or "y i = MaxPool x". "_" stands for a missing input. */
export function node(text: string, parts: Partial<OnnxNode> = {}): OnnxNode {
  const [left = "", call = ""] = text.split(" = ");
  const [output = "", ...others] = left.split(" ");
  const [type = "", ...inputs] = call.split(" ");
  return {
    origin: "",
    type,
    domain: "",
    inputs: inputs.map((name) => (name === "_" ? "" : name)),
    outputs: [output, ...others],
    attributes: {},
    ...parts,
  };
}

/** `fed`: names of inputs of the call, which are not state. */
export function graph(
  nodes: readonly OnnxNode[],
  { outputs = [], fed = [] }: { outputs?: readonly string[]; fed?: readonly string[] } = {},
): OnnxGraph {
  const named = (names: readonly string[]) =>
    new Map(names.map((name): [string, OnnxValue] => [name, { name, shape: [1] }]));
  return {
    nodes,
    inputs: named(fed),
    outputs: named(outputs),
    stateInputs: new Map(),
    stateOutputs: new Map(),
  };
}
