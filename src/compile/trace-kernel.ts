// What tracing a kernel is: from its inputs and attributes to recorded outputs.

import type * as tf from "@tensorflow/tfjs-core";
import type { TraceBackend } from "./trace-backend.js";
import type { DataType } from "./traced-graph.js";

export type Info = tf.TensorInfo;
export type Inputs = Readonly<Record<string, Info>>;
export type Attributes = Readonly<Record<string, unknown>>;
export type Kernel = (backend: TraceBackend, inputs: Inputs, attributes: Attributes) => Info | Info[];

export function dtypeOf(info: Info): DataType {
  return info.dtype as DataType;
}

/** Records a kernel with one output. */
export function one(
  backend: TraceBackend,
  kernel: string,
  inputs: Info[],
  shape: readonly number[],
  attributes: Attributes = {},
  dtype: DataType = "float32",
): Info {
  return backend.record(kernel, inputs, { ...attributes }, [{ shape, dtype }])[0] as Info;
}
