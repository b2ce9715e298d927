// Decides, for every value of a traced graph, how its numbers lie in memory.
//
// - plain: as in tfjs; images are batch, height, width, channels
// - nchw: batch, channels, height, width
// - blocked: batch, channels / B, height, width, B channels: what MLAS's direct convolutions read and write
//
// Convolutions choose; what works on their results element by element follows; everything else is plain.

import type { backend_util } from "@tensorflow/tfjs-core";
import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT } from "../model/batch-norm-kernels.js";
import { RELU_GRADIENT, SCALED_SUM } from "./simplify.js";
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

/** Whether a convolution looks at one pixel at a time, and has no padding that would shift it. */
export function isPointwise({ filterHeight, filterWidth, padInfo: pad }: ConvInfo): boolean {
  return filterHeight * filterWidth === 1 && pad.top + pad.left + pad.bottom + pad.right === 0;
}

/** How a convolution's channels are divided; `from` and `to` are those of one group. */
export interface ConvChannels {
  readonly groups: number;
  readonly from: number;
  readonly to: number;
}

export function channelsOf(node: TracedNode): ConvChannels {
  const { inChannels, outChannels } = node.attributes.info as ConvInfo;
  const groups = node.attributes.groups as number;
  return { groups, from: inChannels / groups, to: outChannels / groups };
}

export function isDepthwise({ groups, from, to }: ConvChannels): boolean {
  return groups > 1 && from === 1 && to === 1;
}

/** Whether a convolution can read and write blocks: whole ones, or one filter a channel. */
export function isBlockable(channels: ConvChannels, block: number | null): boolean {
  const { groups, from, to } = channels;
  if (block === null) return false;
  return isDepthwise(channels) ? groups % block === 0 : from % block === 0 && to % block === 0;
}

/** Whether it can read an image of few channels as it is, and write blocks. */
export function isBlockableStem({ groups, from, to }: ConvChannels, block: number | null): boolean {
  return block !== null && groups === 1 && from < block && to % block === 0;
}

function chooseLayout(node: TracedNode, layoutOf: Layouts, block: number | null): Layout {
  const info = node.attributes.info as ConvInfo;
  switch (node.kernel) {
    case "Conv2D": {
      const channels = channelsOf(node);
      const fits = isBlockable(channels, block) || isBlockableStem(channels, block);
      return fits && info.dilationHeight === 1 && info.dilationWidth === 1 ? "blocked" : "nchw";
    }
    case "Conv2DBackpropInput": {
      const isDense = [info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth].every(
        (step) => step === 1,
      );
      return isBlockable(channelsOf(node), block) && (isDense || isPointwise(info)) ? "blocked" : "nchw";
    }
    case "Concat":
      return concatLayout(node, layoutOf, block);
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
  ..."Add Sub Multiply RealDiv Maximum Minimum Pow SquaredDifference".split(" "),
  ..."Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr LogicalNot Select".split(" "),
  ..."Relu Relu6 Elu EluGrad LeakyRelu Sigmoid Tanh Softplus Exp Log Neg Abs Sign Sqrt Rsqrt Square".split(
    " ",
  ),
  ..."Reciprocal Step ClipByValue Cast FusedBatchNorm".split(" "),
  RELU_GRADIENT,
  SCALED_SUM,
  BATCH_NORM_TRAIN,
  BATCH_NORM_TRAIN_GRADIENT,
]);

/** Blocks can be put side by side along channels; along other axes nobody needs it. */
function concatLayout(node: TracedNode, layoutOf: Layouts, block: number | null): Layout {
  if (node.attributes.axis !== 3) return "plain";
  const found = new Set(node.inputs.map(layoutOf));
  const whole = block !== null && node.inputs.every((input) => (input.shape[3] as number) % block === 0);
  if (found.has("blocked") && whole) return "blocked";
  return found.has("blocked") || found.has("nchw") ? "nchw" : "plain";
}

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
