// Lowers BatchNorm in training and in evaluation to ONNX, with few passes over the activations.

import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT } from "../../model/batch-norm-kernels.js";
import { channelsFirst, imageShape, type NodeOf } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { Inputs } from "../graph/recording.js";
import { lowerGatedGradient, lowerGradient } from "./batch-norm-gradient.js";
import { batchMean, blockedAffine, pixelDots, pixelMeans } from "./blocked.js";
import { affine, centred, type Images, imagesIn, laidOutAs, minusProduct, putImages } from "./laid-out.js";
import { type Context, imageLayout, type Ops } from "./op.js";

export const BATCH_NORM: Ops<
  | typeof BATCH_NORM_TRAIN
  | typeof BATCH_NORM_TRAIN_GRADIENT
  | "BatchNormMoments"
  | "GatedBatchNormGradient"
  | "FusedBatchNorm"
> = {
  [BATCH_NORM_TRAIN]: {
    record: (recorder, { x, gamma, beta }: Inputs<"x" | "gamma" | "beta">, { epsilon }: Epsilon) => {
      const channel = { shape: gamma.shape };
      const outputs = [{ shape: x.shape }, channel, channel, channel] as const;
      return recorder.recordAll(BATCH_NORM_TRAIN, [x, gamma, beta], { epsilon }, outputs);
    },
    layout: "follow",
    lower: lowerForward,
  },
  [BATCH_NORM_TRAIN_GRADIENT]: {
    record: (recorder, { dy, x, gamma, mean, scale }: Inputs<"dy" | "x" | "gamma" | "mean" | "scale">) => {
      const channel = { shape: gamma.shape };
      const outputs = [{ shape: x.shape }, channel, channel] as const;
      const inputs = [dy, x, gamma, mean, scale] as const;
      return recorder.recordAll(BATCH_NORM_TRAIN_GRADIENT, inputs, { isDivided: false }, outputs);
    },
    layout: "follow",
    lower: lowerGradient,
  },
  BatchNormMoments: { layout: "plain", lower: lowerMoments },
  GatedBatchNormGradient: {
    layout: ({ inputs: [, , , x] }, context) => imageLayout(context, x),
    lower: lowerGatedGradient,
  },
  FusedBatchNorm: {
    record: (
      recorder,
      { x, mean, variance, offset, scale }: Inputs<"x" | "mean" | "variance" | "offset" | "scale">,
      { varianceEpsilon: epsilon }: { varianceEpsilon: number },
    ) =>
      recorder.record("FusedBatchNorm", [x, mean, variance, offset, scale], { epsilon }, { shape: x.shape }),
    layout: "follow",
    lower: lowerInference,
  },
};

interface Epsilon {
  readonly epsilon: number;
}

/** y = a x + b with a, b per channel; `scale` is 1 / sqrt(variance + epsilon). */
function lowerForward(context: Context, node: NodeOf<typeof BATCH_NORM_TRAIN>): void {
  const { builder, placement } = context;
  const [images, gammas, betas] = node.inputs;
  const [y, means, scales, variances] = node.outputs;
  const laidOut = laidOutAs(context, node, { from: images, to: y });
  const moments = momentsOf(context, imagesIn(context, images, laidOut), laidOut, node.attributes);
  const { x, rest, scale } = moments;
  const a = builder.op("Mul", [placement.full(gammas, "plain"), scale]);
  const b = minusProduct(context, placement.full(betas, "plain"), rest, a);
  putImages(context, y, laidOut, affine(context, laidOut, { x, a, b }));
  putMoments(context, moments, [means, scales, variances]);
}

function lowerMoments(context: Context, node: NodeOf<"BatchNormMoments">): void {
  const [images] = node.inputs;
  const laidOut = laidOutAs(context, node, { from: images, to: images });
  const moments = momentsOf(context, imagesIn(context, images, laidOut), laidOut, node.attributes);
  putMoments(context, moments, node.outputs);
}

interface Moments {
  /** The images, or the centred vectors. */
  readonly x: string;
  /** The mean of x; null if it is 0. */
  readonly rest: string | null;
  /** [channels], like the following. */
  readonly mean: string;
  readonly scale: string;
  readonly variance: string;
}

function momentsOf(context: Context, given: string, laidOut: Images, { epsilon }: Epsilon): Moments {
  const { builder } = context;
  const [, , height, width] = laidOut.shape;
  const mean = batchMean(context, pixelMeans(context, given, laidOut));
  const { x, rest } = centred(context, given, mean, laidOut);
  const dots = batchMean(context, pixelDots(context, x, x, laidOut));
  const squares = builder.op("Mul", [dots, builder.scalar(1 / (height * width))]);
  const variance = builder.op("Max", [minusProduct(context, squares, rest, rest), builder.scalar(0)]);
  const stabilised = builder.op("Add", [variance, builder.scalar(epsilon)]);
  const scale = builder.op("Reciprocal", [builder.op("Sqrt", [stabilised])]);
  return { x, rest, mean, scale, variance };
}

function putMoments(
  { placement }: Context,
  { mean, scale, variance }: Moments,
  [means, scales, variances]: readonly [Value, Value, Value],
): void {
  placement.put(means, "plain", mean);
  placement.put(scales, "plain", scale);
  placement.put(variances, "plain", variance);
}

/** y = (x - mean) scale / sqrt(variance + epsilon) + offset, as a single affine step. */
function lowerInference(context: Context, node: NodeOf<"FusedBatchNorm">): void {
  const { builder, placement, layoutOf } = context;
  const [images, means, variances, offsets, gammas] = node.inputs;
  const [output] = node.outputs;
  const layout = layoutOf(output);
  const channels = output.shape.at(-1) ?? 1;
  const mean = placement.full(means, "plain");
  const variance = placement.full(variances, "plain");
  const offset = placement.full(offsets, "plain");
  const gamma = placement.full(gammas, "plain");
  const deviation = builder.op("Sqrt", [
    builder.op("Add", [variance, builder.scalar(node.attributes.epsilon)]),
  ]);
  const scale = builder.op("Div", [gamma, deviation]);
  const bias = builder.op("Sub", [offset, builder.op("Mul", [mean, scale])]);
  const x = placement.full(images, layout);
  if (layout === "blocked") {
    const weights = builder.op("Reshape", [scale, builder.ints([channels, 1, 1, 1])]);
    const shape = channelsFirst(imageShape(output.shape));
    const affine = blockedAffine(context, x, { shape, groups: channels, scale: weights, bias });
    placement.put(output, layout, affine);
    return;
  }
  const shape = builder.ints(layout === "nchw" ? [1, channels, 1, 1] : [channels]);
  const scaled = builder.op("Mul", [x, builder.op("Reshape", [scale, shape])]);
  placement.put(output, layout, builder.op("Add", [scaled, builder.op("Reshape", [bias, shape])]));
}
