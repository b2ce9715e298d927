// The interfaces of passes. Each pass has its own file, a name for dumps and tests, and one line that describes its purpose.

import type { KernelTraits } from "../../runtime/devices.js";
import type { TracedGraph } from "../graph/graph.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import type { OnnxGraph } from "../onnx/graph.js";

interface Pass {
  readonly name: string;
  readonly purpose: string;
}

export interface GraphPass extends Pass {
  /** What the kernels of a device must be able to do. */
  readonly needs?: keyof KernelTraits;
  run(graph: TracedGraph): TracedGraph;
}

export interface NodePass extends Pass {
  /** `builder` is for adding constants that rewritten nodes need. */
  run(graph: OnnxGraph, builder: OnnxBuilder): OnnxGraph;
}
