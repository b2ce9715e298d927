// Sums, means and extremes over axes. Results are plain, because a reduced image is a vector or a map of one channel.

import tf from "../../tfjs-core.cjs";
import { channelsFirst, imageShape, type NodeOf } from "../graph/graph.js";
import type { ReductionName, Value } from "../graph/kernels.js";
import type { Inputs, Recording } from "../graph/recording.js";
import { MICROSOFT_DOMAIN } from "../onnx/graph.js";
import { batchMean, type ChannelsFirst, pixelDots, pixelMaxima, pixelMeans } from "./blocked.js";
import { blockOf, type Context, type Ops } from "./op.js";
import { IN_NCHW } from "./placement.js";

export const REDUCTION: Ops<ReductionName | "PixelDot"> = {
  Sum: reduction("Sum"),
  Mean: reduction("Mean"),
  Max: reduction("Max"),
  Min: reduction("Min"),
  PixelDot: { layout: "plain", lower: lowerPixelDot },
};

interface ReductionArguments {
  readonly axis?: number | number[];
  /** The name of `axis` in Max and Min. */
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

function reduction(kernel: ReductionName) {
  const record: Recording = (
    recorder,
    { x }: Inputs<"x">,
    { axis, reductionIndices, keepDims }: ReductionArguments,
  ) => {
    const asked = axis ?? reductionIndices ?? x.shape.map((_, index) => index);
    const axes = tf.util.parseAxisParam(asked, x.shape).sort((a, b) => a - b);
    // For ONNX, no axes would be all.
    if (axes.length === 0) return recorder.alias(x);
    const [reduced = []] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = keepDims === true ? tf.backend_util.expandShapeToKeepDim(reduced, axes) : reduced;
    return recorder.record(kernel, [x], { axes }, { shape, dtype: x.dtype });
  };
  return { record, layout: "plain", lower: lowerReduction(kernel) } as const;
}

interface Reduction {
  readonly inputs: readonly [Value];
  readonly attributes: { readonly axes: readonly number[] };
  readonly outputs: readonly [Value];
}

function lowerReduction(kernel: ReductionName): (context: Context, node: Reduction) => void {
  return (context, { inputs: [input], attributes: { axes }, outputs: [output] }) => {
    const { builder, placement, layoutOf } = context;
    // The blocked kernels take floats only.
    const isBlocked = layoutOf(input) === "blocked" && input.dtype === "float32";
    const result =
      (isBlocked ? blockedReduction(context, input, { axes, kernel }) : null) ??
      plainReduction(context, input, { axes, kernel });
    placement.put(output, "plain", builder.op("Reshape", [result, builder.ints(output.shape)]));
  };
}

interface Kind {
  readonly axes: readonly number[];
  readonly kernel: ReductionName;
}

/** Over channels, over pixels, or over pixels and the batch; null for other axes, and for minima over pixels. */
function blockedReduction(context: Context, input: Value, { axes, kernel }: Kind): string | null {
  const { builder, placement } = context;
  const shape = channelsFirst(imageShape(input.shape));
  const [batch, , height, width] = shape;
  const over = axes.join();
  const isMean = kernel === "Mean";
  const x = () => placement.full(input, "blocked");
  if (over === "3") return channelReduction(context, x(), shape, kernel);
  if (over === "1,2" && kernel === "Max") return pixelMaxima(context, x(), shape);
  if ((over !== "1,2" && over !== "0,1,2") || (kernel !== "Sum" && !isMean)) return null;
  const ofPixels = pixelMeans(context, x(), { layout: "blocked", shape });
  const mean = over === "1,2" ? ofPixels : batchMean(context, ofPixels);
  const count = height * width * (over === "1,2" ? 1 : batch);
  return isMean ? mean : builder.op("Mul", [mean, builder.scalar(count)]);
}

/** First within each block, whose channels are next to each other, then over the blocks: [batch, height width]. */
function channelReduction(context: Context, x: string, shape: ChannelsFirst, kernel: ReductionName): string {
  const { builder } = context;
  const [batch, channels, height, width] = shape;
  const [size, pixels] = [blockOf(context), height * width];
  const blocks = channels / size;
  const rows = builder.op("Reshape", [x, builder.ints([batch * blocks * pixels, size])]);
  const isSum = kernel === "Sum" || kernel === "Mean";
  const weights = () => new Float32Array(size).fill(kernel === "Mean" ? 1 / channels : 1);
  const ofBlocks = isSum
    ? builder.op("FusedMatMul", [rows, builder.floats(weights(), [size, 1])], {}, MICROSOFT_DOMAIN)
    : reduced(context, rows, { axes: [1], kernel });
  if (blocks === 1) return ofBlocks;
  const parts = builder.op("Reshape", [ofBlocks, builder.ints([batch, blocks, pixels])]);
  return reduced(context, parts, { axes: [1], kernel: isSum ? "Sum" : kernel });
}

function plainReduction(context: Context, input: Value, { axes, kernel }: Kind): string {
  const { placement, layoutOf } = context;
  // Since channels come first in nchw, the remaining axes keep their order only if height and width are reduced together.
  const isChannelsFirst =
    layoutOf(input) !== "plain" &&
    axes.includes(1) === axes.includes(2) &&
    (axes.includes(1) || axes.includes(3));
  const x = placement.full(input, isChannelsFirst ? "nchw" : "plain");
  const own = isChannelsFirst ? axes.map((axis) => IN_NCHW[axis] ?? axis) : axes;
  return reduced(context, x, { axes: own, kernel });
}

/** By the plain kernels, of which that of sums takes its axes as an input. Reduced axes keep size 1. */
function reduced({ builder }: Context, x: string, { axes, kernel }: Kind): string {
  return kernel === "Sum"
    ? builder.op("ReduceSum", [x, builder.ints(axes)], { keepdims: 1 })
    : builder.op(`Reduce${kernel}`, [x], { axes, keepdims: 1 });
}

function lowerPixelDot(context: Context, node: NodeOf<"PixelDot">): void {
  const { builder, placement, layoutOf } = context;
  const [a, b] = node.inputs;
  const [output] = node.outputs;
  const layout = [a, b].some((value) => layoutOf(value) === "blocked") ? "blocked" : "nchw";
  const dots = pixelDots(context, placement.full(a, layout), placement.full(b, layout), {
    layout,
    shape: channelsFirst(imageShape(a.shape)),
  });
  placement.put(output, "plain", builder.op("Reshape", [dots, builder.ints(output.shape)]));
}
