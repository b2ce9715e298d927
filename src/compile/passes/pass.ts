// What a pass is. Each has a file, a name by which dumps and tests call it, and a line that says what it is for.

import type { TracedGraph } from "../graph/graph.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import type { OnnxGraph } from "../onnx/graph.js";

interface Pass {
  readonly name: string;
  readonly purpose: string;
}

export interface GraphPass extends Pass {
  run(graph: TracedGraph): TracedGraph;
}

export interface NodePass extends Pass {
  /** `builder` adds the constants that a rewritten node needs. */
  run(graph: OnnxGraph, builder: OnnxBuilder): OnnxGraph;
}
