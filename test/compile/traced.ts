// A notation for traced graphs.

import * as tf from "@tensorflow/tfjs-core";
import type { TracedGraph, TracedNode } from "../../src/compile/graph/graph.js";
import type { ConvAttributes, Value } from "../../src/compile/graph/kernels.js";

export interface Written {
  readonly graph: TracedGraph;
  readonly find: (name: string) => Value;
  /** The nodes of a graph in the same notation, without shapes. Values that a pass has added are new1, new2 and so on. */
  readonly read: (graph: TracedGraph) => string[];
}

/**
 * Each line is an input, such as "x 8x4x4x8", a constant, such as "half = 0.5", or a node, such as "y 8x4x4x8 = Relu x" or, with two
 * outputs, "y 8x4x4x8, mean 8 = BatchNormTrain x gamma beta". A value without a shape is a number.
 * `attributes`: name of an output -> attributes of its node. `state`: inputs -> the values that are assigned to them.
 */
export function traced(
  lines: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, object>> = {},
  state: Readonly<Record<string, string>> = {},
): Written {
  const values = new Map<string, Value>();
  const nodes: TracedNode[] = [];
  const inputs: { name: string; value: Value }[] = [];
  const constants = new Map<Value, readonly number[]>();
  const find = (name: string) => {
    const value = values.get(name);
    if (!value) throw new Error(`there is no value ${name}`);
    return value;
  };
  for (const line of lines) {
    const [left = "", call] = line.split(" = ");
    const made = left.split(", ").map((one): { name: string; value: Value } => {
      const [name = "", shape = ""] = one.split(" ");
      const sizes = shape === "" ? [] : shape.split("x").map(Number);
      const value: Value = { id: values.size, shape: sizes, dtype: "float32" };
      values.set(name, value);
      return { name, value };
    });
    const [{ name, value }] = made as [(typeof made)[number]];
    if (call === undefined) {
      inputs.push({ name, value });
      continue;
    }
    if (!Number.isNaN(Number(call))) {
      constants.set(value, [Number(call)]);
      continue;
    }
    const [kernel, ...used] = call.split(" ");
    nodes.push({
      kernel,
      inputs: used.map(find),
      attributes: attributes[name] ?? {},
      outputs: made.map(({ value }) => value),
      layer: "",
    } as unknown as TracedNode);
  }
  const nameOf = new Map(Array.from(values, ([name, value]) => [value, name]));
  return {
    graph: {
      inputs,
      outputs: outputs.map((name) => ({ name, value: find(name) })),
      state: Object.entries(state).map(([before, after]) => ({
        ...{ name: before, before: find(before), after: find(after) },
      })),
      constants,
      products: "float32",
      nodes,
    },
    find,
    read: (graph) => {
      const names = new Map(nameOf);
      const nameFor = (value: Value) => {
        const name = names.get(value) ?? `new${names.size - nameOf.size + 1}`;
        names.set(value, name);
        return name;
      };
      return graph.nodes.map(({ kernel, inputs, outputs }) => {
        const used = inputs.map(nameFor);
        return `${outputs.map(nameFor).join(" ")} = ${[kernel, ...used].join(" ")}`;
      });
    },
  };
}

/** The attributes of a convolution of 4x4 images with a batch of 8. */
export function convAttributes(
  from: number,
  to: number,
  { kernel = 3, stride = 1, groups = 1, dilation = 1 } = {},
): ConvAttributes {
  const filter: [number, number, number, number] = [kernel, kernel, from / groups, to];
  const info = tf.backend_util.computeConv2DInfo([8, 4, 4, from], filter, stride, dilation, "same");
  return { info: { ...info, inChannels: from }, groups };
}
