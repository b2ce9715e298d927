// Lowers BatchNorm in training, its gradient, and BatchNorm in evaluation to ONNX, with few passes over the activations.

import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT } from "../../model/batch-norm-kernels.js";
import {
  channelsFirst,
  imageShape,
  isImageShape,
  type NodeOf,
  type TracedNode,
  UnsupportedKernelError,
} from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import type { Inputs } from "../graph/recording.js";
import { blockedAffine, channelDotMeans, channelMeans, type LaidOut } from "./blocked.js";
import type { Context, Ops } from "./op.js";

export const BATCH_NORM: Ops<typeof BATCH_NORM_TRAIN | typeof BATCH_NORM_TRAIN_GRADIENT | "FusedBatchNorm"> =
  {
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
        return recorder.recordAll(BATCH_NORM_TRAIN_GRADIENT, [dy, x, gamma, mean, scale], {}, outputs);
      },
      layout: "follow",
      lower: lowerGradient,
    },
    FusedBatchNorm: {
      record: (
        recorder,
        { x, mean, variance, offset, scale }: Inputs<"x" | "mean" | "variance" | "offset" | "scale">,
        { varianceEpsilon: epsilon }: { varianceEpsilon: number },
      ) =>
        recorder.record(
          "FusedBatchNorm",
          [x, mean, variance, offset, scale],
          { epsilon },
          { shape: x.shape },
        ),
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
  const gamma = vector(context, gammas);
  const beta = vector(context, betas);
  const given = imagesIn(context, images, laidOut);
  const mean = channelMeans(context, given, laidOut);
  const { x, rest } = centred(context, given, mean, laidOut);
  const squares = channelDotMeans(context, x, x, laidOut);
  const variance = builder.op("Max", [minusProduct(context, squares, rest, rest), builder.scalar(0)]);
  const stabilised = builder.op("Add", [variance, builder.scalar(node.attributes.epsilon)]);
  const scale = builder.op("Reciprocal", [builder.op("Sqrt", [stabilised])]);
  const a = builder.op("Mul", [gamma, scale]);
  const b = minusProduct(context, beta, rest, a);
  putImages(context, y, laidOut, affine(context, laidOut, { x, a, b }));
  placement.put(means, "plain", asVector(context, mean, laidOut));
  placement.put(scales, "plain", asVector(context, scale, laidOut));
  placement.put(variances, "plain", asVector(context, variance, laidOut));
}

/** dx = a dy + p x + q with a, p, q per channel (Ioffe and Szegedy 2015, with terms collected). */
function lowerGradient(context: Context, node: NodeOf<typeof BATCH_NORM_TRAIN_GRADIENT>): void {
  const { builder, placement } = context;
  const [gradient, images, gammas, means, scales] = node.inputs;
  const [dx, dgamma, dbeta] = node.outputs;
  const laidOut = laidOutAs(context, node, { from: images, to: dx });
  const dy = imagesIn(context, gradient, laidOut);
  const gamma = vector(context, gammas);
  const given = imagesIn(context, images, laidOut);
  const { x, rest } = centred(context, given, vector(context, means), laidOut);
  const scale = vector(context, scales);
  const meanDy = channelMeans(context, dy, laidOut);
  const meanDyX = channelDotMeans(context, dy, x, laidOut);
  // Means over the m positions instead of sums, because dx needs dgamma / m and dbeta / m.
  const meanDgamma = builder.op("Mul", [minusProduct(context, meanDyX, rest, meanDy), scale]);
  const a = builder.op("Mul", [gamma, scale]);
  const p = builder.op("Neg", [builder.op("Mul", [builder.op("Mul", [a, scale]), meanDgamma])]);
  const q = minusProduct(context, builder.op("Neg", [builder.op("Mul", [a, meanDy])]), rest, p);
  const sum = affine(context, laidOut, { x, a: p, b: q });
  putImages(context, dx, laidOut, affine(context, laidOut, { x: dy, a, sum }));
  const [batch, , height, width] = laidOut.shape;
  const positions = builder.scalar(batch * height * width);
  const sumOf = (name: string) => asVector(context, builder.op("Mul", [name, positions]), laidOut);
  placement.put(dgamma, "plain", sumOf(meanDgamma));
  placement.put(dbeta, "plain", sumOf(meanDy));
}

/**
 * x and its mean, or x - mean and null for the mean of that. Centring takes one more pass, and is needed for vectors: squeezed ones may be
 * far from 0 and close together, for which E[x^2] - E[x]^2 is not exact enough. `mean`: [1, channels, 1, 1].
 */
function centred(
  context: Context,
  x: string,
  mean: string,
  { isVector, ...laidOut }: Images,
): { readonly x: string; readonly rest: string | null } {
  const { builder } = context;
  const [, channels] = laidOut.shape;
  if (!isVector) return { x, rest: mean };
  if (laidOut.layout !== "blocked") return { x: builder.op("Sub", [x, mean]), rest: null };
  const a = builder.floats(new Float32Array(channels).fill(1), [1, channels, 1, 1]);
  return { x: affine(context, laidOut, { x, a, b: builder.op("Neg", [mean]) }), rest: null };
}

/** value - a b; the value if a is null. */
function minusProduct({ builder }: Context, value: string, a: string | null, b: string | null): string {
  return a === null || b === null ? value : builder.op("Sub", [value, builder.op("Mul", [a, b])]);
}

interface AffineParts {
  readonly x: string;
  /** [1, channels, 1, 1], like b. */
  readonly a: string;
  readonly b?: string;
  readonly sum?: string;
}

/** a x + b + sum */
function affine(context: Context, laidOut: LaidOut, { x, a, b, sum }: AffineParts): string {
  const { builder } = context;
  if (laidOut.layout !== "blocked") {
    const shifted = plainAffine(context, laidOut, { x, a, b });
    return sum === undefined ? shifted : builder.op("Add", [shifted, sum]);
  }
  const groups = laidOut.shape[1];
  return blockedAffine(context, x, {
    shape: laidOut.shape,
    groups,
    scale: builder.op("Reshape", [a, builder.ints([groups, 1, 1, 1])]),
    ...(b === undefined ? {} : { bias: asVector(context, b, laidOut) }),
    ...(sum === undefined ? {} : { sum }),
  });
}

/** a x + b. For images, in one pass, as what ONNX calls BatchNormalization, here with a mean of 0 and a variance of 1. */
function plainAffine(
  context: Context,
  laidOut: LaidOut,
  { x, a, b }: { readonly x: string; readonly a: string; readonly b: string | undefined },
): string {
  const { builder } = context;
  if (b === undefined) return builder.op("Mul", [x, a]);
  if (laidOut.layout !== "nchw") return builder.op("Add", [builder.op("Mul", [x, a]), b]);
  const [, channels] = laidOut.shape;
  const all = (value: number) => builder.floats(new Float32Array(channels).fill(value), [channels]);
  const [scale, bias] = [asVector(context, a, laidOut), asVector(context, b, laidOut)];
  return builder.op("BatchNormalization", [x, scale, bias, all(0), all(1)], { epsilon: 0 });
}

interface Images extends LaidOut {
  /** Whether each image has one pixel. */
  readonly isVector: boolean;
}

function laidOutAs(
  { layoutOf }: Context,
  { kernel, layer }: TracedNode,
  { from, to }: { from: Value; to: Value },
): Images {
  const { shape } = from;
  if (!isImageShape(shape)) throw new UnsupportedKernelError(`${kernel} of ${shape.length} axes`, layer);
  const [batch, height, width, channels] = shape;
  const isVector = height * width === 1;
  const layout = layoutOf(to);
  return layout === "plain"
    ? { layout: "rows", shape: [batch * height * width, channels, 1, 1], isVector }
    : { layout, shape: channelsFirst(shape), isVector };
}

function imagesIn({ builder, placement }: Context, value: Value, { layout, shape }: Images): string {
  if (layout !== "rows") return placement.full(value, layout);
  return builder.op("Reshape", [placement.full(value, "plain"), builder.ints([...shape])]);
}

function putImages({ builder, placement }: Context, value: Value, { layout }: Images, name: string): void {
  if (layout !== "rows") placement.put(value, layout, name);
  else placement.put(value, "plain", builder.op("Reshape", [name, builder.ints(value.shape)]));
}

function vector({ builder, placement }: Context, value: Value): string {
  return builder.op("Reshape", [placement.full(value, "plain"), builder.ints([1, ...value.shape, 1, 1])]);
}

function asVector({ builder }: Context, name: string, { shape }: LaidOut): string {
  return builder.op("Reshape", [name, builder.ints([shape[1]])]);
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
