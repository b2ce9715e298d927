// A traced graph -> how much memory its values need at the same time.

import { resultsOf, sizeOfShape, type TracedGraph } from "./graph/graph.js";
import type { Value } from "./graph/kernels.js";

const BYTES_PER_NUMBER = 4;

/** At most, if nodes run in the order of the trace and a value is forgotten after its last use. Without inputs, state and results. */
export function liveBytes(graph: TracedGraph): number {
  const { nodes } = graph;
  /** Reshaped values share the memory of what they are made of. */
  const origins = new Map<Value, Value>();
  const originOf = (value: Value) => origins.get(value) ?? value;
  for (const { kernel, inputs, outputs } of nodes)
    if (kernel === "Reshape") origins.set(outputs[0] as Value, originOf(inputs[0] as Value));
  const lastUse = new Map<Value, number>();
  for (const [index, { inputs }] of nodes.entries())
    for (const value of inputs) lastUse.set(originOf(value), index);
  const kept = new Set(resultsOf(graph).map(originOf));
  const live = new Set<Value>();
  let [bytes, most] = [0, 0];
  for (const [index, { inputs, outputs }] of nodes.entries()) {
    for (const value of outputs)
      if (originOf(value) === value && !kept.has(value)) {
        live.add(value);
        bytes += bytesOf(value);
      }
    most = Math.max(most, bytes);
    for (const value of [...inputs, ...outputs].map(originOf))
      if (live.has(value) && (lastUse.get(value) ?? index) <= index) {
        live.delete(value);
        bytes -= bytesOf(value);
      }
  }
  return most;
}

function bytesOf({ shape }: Value): number {
  return BYTES_PER_NUMBER * sizeOfShape(shape);
}
