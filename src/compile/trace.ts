// A tfjs function over named inputs and variables -> a traced graph.

import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import { registerOwnKernels } from "../model/own-kernels.js";
import { TRACE_BACKEND, TraceBackend } from "./trace-backend.js";
import { registerTraceKernels } from "./trace-kernels.js";
import { type NamedValue, type TracedGraph, UnsupportedKernelError } from "./traced-graph.js";

export interface TraceableFunction {
  /** Shapes of the inputs, all float32. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** May assign to the variables; must not read numbers. */
  readonly run: (inputs: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>>;
  /** Layers the function calls, so that errors can name them. */
  readonly layers: readonly layers.Layer[];
}

/** Makes the tracing backend the current one: variables made from now on have no numbers that matter. */
export function useTraceBackend(): TraceBackend {
  let backend = tf.findBackend(TRACE_BACKEND) as TraceBackend | null;
  if (!backend) {
    const made = new TraceBackend();
    tf.registerBackend(TRACE_BACKEND, () => made);
    registerTraceKernels(made);
    registerOwnKernels(TRACE_BACKEND);
    backend = tf.findBackend(TRACE_BACKEND) as TraceBackend;
  }
  tf.setBackend(TRACE_BACKEND);
  return backend;
}

/** Runs the function once on placeholders. Throws UnsupportedKernelError. */
export function trace(step: TraceableFunction, variables: ReadonlyMap<string, tf.Variable>): TracedGraph {
  const backend = useTraceBackend();
  backend.startRecording();
  const restore = followLayers(backend, step.layers);
  tf.engine().startScope();
  try {
    const before = Array.from(variables, ([name, variable]) => {
      const placeholder = backend.placeholder(variable.shape);
      variable.assign(placeholder);
      return { name, variable, before: backend.tracedValue(placeholder) };
    });
    const inputs: NamedValue[] = [];
    const tensors: Record<string, tf.Tensor> = {};
    for (const [name, shape] of Object.entries(step.inputs)) {
      const tensor = backend.placeholder(shape);
      tensors[name] = tensor;
      inputs.push({ name, value: backend.tracedValue(tensor) });
    }
    const results = step.run(tensors);
    return {
      inputs,
      outputs: Object.entries(results).map(([name, tensor]) => ({
        name,
        value: backend.tracedValue(tensor),
      })),
      state: before.map(({ name, variable, before }) => ({
        name,
        before,
        after: backend.tracedValue(variable),
      })),
      constants: new Map(backend.constants),
      nodes: [...backend.nodes],
    };
  } catch (error) {
    const missing = /kernel '(\w+)'/i.exec(error instanceof Error ? error.message : "");
    if (missing) throw new UnsupportedKernelError(missing[1] as string, backend.layer);
    throw error;
  } finally {
    tf.engine().endScope();
    restore();
  }
}

/** While tracing, the backend knows which layer is being called. */
function followLayers(backend: TraceBackend, layers: readonly layers.Layer[]): () => void {
  const originals = layers.map((layer) => layer.call);
  for (const layer of layers) {
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const outer = backend.layer;
      backend.layer = layer.name;
      const result = call(inputs, kwargs);
      backend.layer = outer;
      return result;
    };
  }
  return () => {
    backend.layer = "";
    layers.forEach((layer, index) => {
      const original = originals[index];
      if (original) layer.call = original;
    });
  };
}
