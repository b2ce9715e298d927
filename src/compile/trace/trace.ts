// A tfjs function of named inputs and variables -> a traced graph.

import type { layers } from "@tensorflow/tfjs-layers";
import { registerOwnKernels } from "../../model/own-kernels.js";
import type { StepFunction } from "../../runtime/program.js";
import tf from "../../tfjs-core.cjs";
import { type NamedValue, type TracedGraph, UnsupportedKernelError } from "../graph/graph.js";
import { Recorder, TRACE_BACKEND } from "../graph/recorder.js";
import type { Recording } from "../graph/recording.js";
import { OPS } from "../ops/ops.js";
import { COMPOSITES } from "./composites.js";

/** Makes the tracing backend current. The numbers of variables that are created from now on have no meaning. */
export function useTraceBackend(): Recorder {
  const known = tf.findBackend(TRACE_BACKEND);
  const recorder = known instanceof Recorder ? known : registerRecorder();
  tf.setBackend(TRACE_BACKEND);
  return recorder;
}

function registerRecorder(): Recorder {
  const recorder = new Recorder();
  tf.registerBackend(TRACE_BACKEND, () => recorder);
  for (const [kernelName, { record }] of Object.entries(OPS))
    if (record) registerRecording(recorder, kernelName, record);
  for (const [kernelName, record] of Object.entries(COMPOSITES))
    registerRecording(recorder, kernelName, record);
  registerOwnKernels(TRACE_BACKEND);
  return recorder;
}

function registerRecording(recorder: Recorder, kernelName: string, record: Recording): void {
  if (tf.getKernel(kernelName, TRACE_BACKEND)) return;
  tf.registerKernel({
    kernelName,
    backendName: TRACE_BACKEND,
    // tfjs passes each kernel its own inputs and attributes, but with the same type for all kernels.
    kernelFunc: ({ inputs, attrs }) => record(recorder, inputs as never, (attrs ?? {}) as never),
  });
}

/** Runs the function once with placeholders. Throws UnsupportedKernelError. */
export function trace(step: StepFunction, variables: ReadonlyMap<string, tf.Variable>): TracedGraph {
  const recorder = useTraceBackend();
  recorder.startRecording();
  const restore = followLayers(recorder, step.layers);
  tf.engine().startScope();
  try {
    const before = Array.from(variables, ([name, variable]) => {
      const placeholder = recorder.placeholder(variable.shape);
      variable.assign(placeholder);
      const before = recorder.tracedValue(placeholder);
      // What updates a weight belongs to its layer.
      recorder.belongs(before, name.split("/")[0] as string);
      return { name, variable, before };
    });
    const inputs: NamedValue[] = [];
    const tensors: Record<string, tf.Tensor> = {};
    for (const [name, shape] of Object.entries(step.inputs)) {
      const tensor = recorder.placeholder(shape);
      tensors[name] = tensor;
      inputs.push({ name, value: recorder.tracedValue(tensor) });
    }
    const results = step.run(tensors);
    return {
      inputs,
      outputs: Object.entries(results).map(([name, tensor]) => ({
        name,
        value: recorder.tracedValue(tensor),
      })),
      state: before.map(({ name, variable, before }) => ({
        name,
        before,
        after: recorder.tracedValue(variable),
      })),
      constants: new Map(recorder.constants),
      products: step.products ?? "float32",
      nodes: [...recorder.nodes],
    };
  } catch (error) {
    const [, missing] = /kernel '(\w+)'/i.exec(error instanceof Error ? error.message : "") ?? [];
    if (missing) throw new UnsupportedKernelError(missing, recorder.layer);
    throw error;
  } finally {
    tf.engine().endScope();
    restore();
  }
}

/** Tells the recorder which layer is being called. Returns a function that restores the layers. */
function followLayers(recorder: Recorder, layers: readonly layers.Layer[]): () => void {
  const originals = layers.map((layer) => layer.call);
  for (const layer of layers) {
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const outer = recorder.layer;
      recorder.layer = layer.name;
      const result = call(inputs, kwargs);
      recorder.layer = outer;
      return result;
    };
  }
  const unfollow = followGradients(recorder);
  return () => {
    unfollow();
    recorder.layer = "";
    layers.forEach((layer, index) => {
      const original = originals[index];
      if (original) layer.call = original;
    });
  };
}

type Thunks = Readonly<Record<string, () => tf.Tensor>>;

interface Tape {
  addTapeNode(...about: unknown[]): void;
  readonly state: { readonly activeTape?: { gradient?: (dys: tf.Tensor[]) => Thunks }[] };
}

/** Tells the recorder which layer a gradient belongs to: that of the kernel whose gradient it is. */
function followGradients(recorder: Recorder): () => void {
  const tape = tf.engine() as unknown as Tape;
  const original = tape.addTapeNode;
  tape.addTapeNode = (...about) => {
    original.apply(tape, about);
    const node = tape.state.activeTape?.at(-1);
    const { gradient } = node ?? {};
    const own = recorder.layer;
    /** If it fails, the layer stays for the message. */
    const inLayer = <Result>(compute: () => Result): Result => {
      const outer = recorder.layer;
      recorder.layer = own;
      const result = compute();
      recorder.layer = outer;
      return result;
    };
    if (node && gradient)
      node.gradient = (dys) =>
        Object.fromEntries(
          Object.entries(inLayer(() => gradient(dys))).map(([name, thunk]) => [name, () => inLayer(thunk)]),
        );
  };
  return () => {
    tape.addTapeNode = original;
  };
}
