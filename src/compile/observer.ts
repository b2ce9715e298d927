// Observers of the stages of compilation: the dump, and a verifier in tests.

import type { TracedGraph } from "./graph/graph.js";
import type { OnnxBuilder } from "./onnx/builder.js";
import type { OnnxGraph } from "./onnx/graph.js";
import type { LayoutOf } from "./ops/op.js";

export interface Observer {
  /** `trace`, then each pass over the traced graph. */
  traced(stage: string, graph: TracedGraph): void;
  layouts(graph: TracedGraph, layoutOf: LayoutOf): void;
  /** `lower`, then each pass over the ONNX graph. */
  lowered(stage: string, graph: OnnxGraph, builder: OnnxBuilder): void;
}
