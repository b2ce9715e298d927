// Assigns a memory layout to every value of a traced graph.
//
// Convolutions choose a layout, element-wise kernels follow their operands, and everything else is plain.

import type { NodeOf, TracedGraph } from "../graph/graph.js";
import type { KernelName, Value } from "../graph/kernels.js";
import type { LayoutContext, LayoutOf } from "../ops/op.js";
import { OPS } from "../ops/ops.js";
import type { Layout } from "../ops/placement.js";

/** `block`: number of channels in a block; null if there are no blocked kernels. */
export function assignLayouts(graph: TracedGraph, block: number | null): LayoutOf {
  const layouts = new Map<Value, Layout>();
  const layoutOf: LayoutOf = (value) => layouts.get(value) ?? "plain";
  for (const node of graph.nodes) {
    const layout = chooseLayout(node, { layoutOf, block });
    for (const output of node.outputs) if (isImage(output)) layouts.set(output, layout);
  }
  return layoutOf;
}

function chooseLayout<Name extends KernelName>(node: NodeOf<Name>, context: LayoutContext): Layout {
  const { layout } = OPS[node.kernel];
  if (typeof layout === "function") return layout(node, context);
  return layout === "follow" ? strongest(node.inputs, context) : layout;
}

/** Blocked if an operand is blocked, else nchw if an operand is. Element-wise kernels keep the number of channels. */
function strongest(inputs: readonly Value[], { layoutOf }: LayoutContext): Layout {
  const found = new Set(inputs.filter(isImage).map(layoutOf));
  return found.has("blocked") ? "blocked" : found.has("nchw") ? "nchw" : "plain";
}

function isImage({ shape }: Value): boolean {
  return shape.length === 4;
}
