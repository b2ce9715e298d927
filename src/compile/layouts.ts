// Decides, for every value of a traced graph, how its numbers lie in memory.
//
// - plain: as in tfjs; images are batch, height, width, channels
// - nchw: batch, channels, height, width
// - blocked: batch, channels / B, height, width, B channels: what MLAS's direct convolutions read and write
//
// Convolutions choose; what works on their results element by element follows; everything else is plain.

import type { backend_util } from "@tensorflow/tfjs-core";
import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT } from "../model/batch-norm-kernels.js";
import { RELU_GRADIENT } from "./simplify.js";
import type { TracedGraph, TracedNode, TracedValue } from "./traced-graph.js";

export type Layout = "plain" | "nchw" | "blocked";
export type Layouts = (value: TracedValue) => Layout;
export type ConvInfo = backend_util.Conv2DInfo;

/** `block`: channels in a block, or null where the blocked kernels cannot be used. */
export function assignLayouts(graph: TracedGraph, block: number | null): Layouts {
  const layouts = new Map<TracedValue, Layout>();
  const layoutOf: Layouts = (value) => layouts.get(value) ?? "plain";
  for (const node of graph.nodes) {
    const layout = chooseLayout(node, layoutOf, block);
    for (const output of node.outputs) if (isImage(output)) layouts.set(output, layout);
  }
  return layoutOf;
}

/** Whether a convolution from `from` to `to` channels can use the blocked kernels. */
export function isBlockable(from: number, to: number, block: number | null): boolean {
  return block !== null && to % block === 0 && (from % block === 0 || from < block);
}

function chooseLayout(node: TracedNode, layoutOf: Layouts, block: number | null): Layout {
  const info = node.attributes.info as ConvInfo;
  switch (node.kernel) {
    case "Conv2D":
      return isBlockable(info.inChannels, info.outChannels, block) &&
        info.dilationHeight === 1 &&
        info.dilationWidth === 1
        ? "blocked"
        : "nchw";
    case "Conv2DBackpropInput":
      return isBlockable(info.outChannels, info.inChannels, block) && info.outChannels % (block ?? 1) === 0
        ? "blocked"
        : "nchw";
    case "MaxPool":
    case "AvgPool":
      return strongest(node.inputs, node.outputs[0] as TracedValue, layoutOf, block) === "blocked"
        ? "blocked"
        : "nchw";
    case "MaxPoolGrad":
    case "AvgPoolGrad":
      return "nchw";
    case "Conv2DBackpropFilter":
      return "plain";
    default:
      return FOLLOWERS.has(node.kernel)
        ? strongest(node.inputs, node.outputs[0] as TracedValue, layoutOf, block)
        : "plain";
  }
}

/** Kernels that work element by element, on operands of any layout. */
const FOLLOWERS = new Set([
  ...[
    "Add",
    "Sub",
    "Multiply",
    "RealDiv",
    "Maximum",
    "Minimum",
    "Pow",
    "SquaredDifference",
    "Greater",
    "GreaterEqual",
    "Less",
    "Equal",
  ],
  ...[
    "Relu",
    "Sigmoid",
    "Tanh",
    "Exp",
    "Log",
    "Neg",
    "Abs",
    "Sqrt",
    "Rsqrt",
    "Square",
    "Step",
    "Cast",
    "FusedBatchNorm",
  ],
  ...[RELU_GRADIENT, BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT],
]);

function strongest(
  inputs: readonly TracedValue[],
  output: TracedValue,
  layoutOf: Layouts,
  block: number | null,
): Layout {
  const found = new Set(inputs.filter(isImage).map(layoutOf));
  const channels = output.shape[3] ?? 1;
  if (found.has("blocked") && block !== null && channels % block === 0) return "blocked";
  return found.has("blocked") || found.has("nchw") ? "nchw" : "plain";
}

function isImage(value: TracedValue): boolean {
  return value.shape.length === 4;
}
