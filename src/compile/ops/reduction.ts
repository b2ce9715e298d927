// Sums, means and extremes over axes. Results are plain, because a reduced image is a vector or a map of one channel.

import tf from "../../tfjs-core.cjs";
import { channelsFirst, imageShape, type NodeOf } from "../graph/graph.js";
import type { ReductionName, Value } from "../graph/kernels.js";
import type { Inputs, Recording } from "../graph/recording.js";
import { batchMean, pixelDots, pixelMeans } from "./blocked.js";
import type { Context, Ops } from "./op.js";

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
    const isBlocked = layoutOf(input) === "blocked" && (kernel === "Sum" || kernel === "Mean");
    const reduced =
      (isBlocked ? blockedMean(context, input, { axes, isSum: kernel === "Sum" }) : null) ??
      plainReduction(context, input, { axes, kernel });
    placement.put(output, "plain", builder.op("Reshape", [reduced, builder.ints(output.shape)]));
  };
}

/** The mean or the sum over pixels, or over pixels and the batch; null for other axes. */
function blockedMean(
  context: Context,
  input: Value,
  { axes, isSum }: { axes: readonly number[]; isSum: boolean },
): string | null {
  const { builder, placement } = context;
  const shape = channelsFirst(imageShape(input.shape));
  const [batch, , height, width] = shape;
  const over = axes.join();
  if (over !== "1,2" && over !== "0,1,2") return null;
  const laidOut = { layout: "blocked", shape } as const;
  const ofPixels = pixelMeans(context, placement.full(input, "blocked"), laidOut);
  const mean = over === "1,2" ? ofPixels : batchMean(context, ofPixels);
  const count = height * width * (over === "1,2" ? 1 : batch);
  return isSum ? builder.op("Mul", [mean, builder.scalar(count)]) : mean;
}

/** Axis in tfjs' layout -> axis in nchw. */
const IN_NCHW = [0, 2, 3, 1];

function plainReduction(
  { builder, placement, layoutOf }: Context,
  input: Value,
  { axes, kernel }: { axes: readonly number[]; kernel: ReductionName },
): string {
  // Since channels come first in nchw, the remaining axes keep their order only if height and width are reduced together.
  const isChannelsFirst =
    layoutOf(input) !== "plain" &&
    axes.includes(1) === axes.includes(2) &&
    (axes.includes(1) || axes.includes(3));
  const x = placement.full(input, isChannelsFirst ? "nchw" : "plain");
  const reduced = isChannelsFirst ? axes.map((axis) => IN_NCHW[axis] ?? axis) : axes;
  return kernel === "Sum"
    ? builder.op("ReduceSum", [x, builder.ints(reduced)], { keepdims: 1 })
    : builder.op(`Reduce${kernel}`, [x], { axes: reduced, keepdims: 1 });
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
