// BatchNorm in training, its gradient, and BatchNorm in evaluation -> ONNX, in the closed form: few passes over the activations.

import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT } from "../model/batch-norm-kernels.js";
import {
  blockedAffine,
  type ChannelPlace,
  type Context,
  channelDotMeans,
  channelMeans,
  inputOf,
  type Lowering,
  outputOf,
} from "./lowering.js";
import { type TracedNode, UnsupportedKernelError } from "./traced-graph.js";

export const BATCH_NORM: Readonly<Record<string, Lowering>> = {
  [BATCH_NORM_TRAIN]: lowerForward,
  [BATCH_NORM_TRAIN_GRADIENT]: lowerGradient,
  FusedBatchNorm: lowerInference,
};

/** Inputs x, gamma, beta; outputs y, mean, 1 / sqrt(variance + epsilon), variance. y = a x + b with a, b by channel. */
function lowerForward(context: Context, node: TracedNode): void {
  const { builder, placement } = context;
  const place = placeOf(context, node, 0);
  const x = placement.full(inputOf(node, 0), place.layout);
  const [gamma, beta] = [vector(context, node, 1), vector(context, node, 2)];
  const mean = channelMeans(context, x, place);
  const squares = channelDotMeans(context, x, x, place);
  const difference = builder.op("Sub", [squares, builder.op("Mul", [mean, mean])]);
  const variance = builder.op("Max", [difference, builder.scalar(0)]);
  const stabilised = builder.op("Add", [variance, builder.scalar(Number(node.attributes.epsilon))]);
  const scale = builder.op("Reciprocal", [builder.op("Sqrt", [stabilised])]);
  const a = builder.op("Mul", [gamma, scale]);
  const b = builder.op("Sub", [beta, builder.op("Mul", [mean, a])]);
  placement.put(outputOf(node, 0), place.layout, affine(context, place, { x, a, b }));
  [mean, scale, variance].forEach((name, index) => {
    placement.put(outputOf(node, index + 1), "plain", asVector(context, name, place));
  });
}

/**
 * Inputs dy, x, gamma, mean, scale; outputs dx, dgamma, dbeta. dx = a dy + p x + q with a, p, q by channel
 * (Ioffe and Szegedy 2015, collected).
 */
function lowerGradient(context: Context, node: TracedNode): void {
  const { builder, placement } = context;
  const place = placeOf(context, node, 1);
  const [dy, x] = [0, 1].map((index) => placement.full(inputOf(node, index), place.layout)) as [
    string,
    string,
  ];
  const [gamma, mean, scale] = [vector(context, node, 2), vector(context, node, 3), vector(context, node, 4)];
  const meanDy = channelMeans(context, dy, place);
  const meanDyX = channelDotMeans(context, dy, x, place);
  // Means over the positions rather than sums: dgamma / m and dbeta / m are what dx needs.
  const centred = builder.op("Sub", [meanDyX, builder.op("Mul", [mean, meanDy])]);
  const meanDgamma = builder.op("Mul", [centred, scale]);
  const a = builder.op("Mul", [gamma, scale]);
  const p = builder.op("Neg", [builder.op("Mul", [builder.op("Mul", [a, scale]), meanDgamma])]);
  const q = builder.op("Neg", [
    builder.op("Add", [builder.op("Mul", [a, meanDy]), builder.op("Mul", [p, mean])]),
  ]);
  const rest = affine(context, place, { x, a: p, b: q });
  placement.put(outputOf(node, 0), place.layout, affine(context, place, { x: dy, a, sum: rest }));
  const [batch, , height, width] = place.shape as [number, number, number, number];
  const positions = builder.scalar(batch * height * width);
  [meanDgamma, meanDy].forEach((name, index) => {
    placement.put(
      outputOf(node, index + 1),
      "plain",
      asVector(context, builder.op("Mul", [name, positions]), place),
    );
  });
}

interface AffineParts {
  readonly x: string;
  /** [1, channels, 1, 1], as is b. */
  readonly a: string;
  readonly b?: string;
  readonly sum?: string;
}

/** a x + b + sum */
function affine(context: Context, place: ChannelPlace, { x, a, b, sum }: AffineParts): string {
  const { builder } = context;
  if (place.layout === "nchw") {
    const scaled = builder.op("Mul", [x, a]);
    const shifted = b === undefined ? scaled : builder.op("Add", [scaled, b]);
    return sum === undefined ? shifted : builder.op("Add", [shifted, sum]);
  }
  const groups = place.shape[1] as number;
  return blockedAffine(context, x, {
    shape: place.shape,
    groups,
    scale: builder.op("Reshape", [a, builder.ints([groups, 1, 1, 1])]),
    ...(b === undefined ? {} : { bias: asVector(context, b, place) }),
    ...(sum === undefined ? {} : { sum }),
  });
}

function placeOf({ layoutOf }: Context, node: TracedNode, input: number): ChannelPlace {
  const { shape } = inputOf(node, input);
  if (shape.length !== 4)
    throw new UnsupportedKernelError(`${node.kernel} of ${shape.length} axes`, node.layer);
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const layout = layoutOf(outputOf(node, 0)) === "blocked" ? "blocked" : "nchw";
  return { layout, shape: [batch, channels, height, width] };
}

function vector({ builder, placement }: Context, node: TracedNode, index: number): string {
  const value = inputOf(node, index);
  return builder.op("Reshape", [
    placement.full(value, "plain"),
    builder.ints([1, value.shape[0] as number, 1, 1]),
  ]);
}

function asVector({ builder }: Context, name: string, { shape }: ChannelPlace): string {
  return builder.op("Reshape", [name, builder.ints([shape[1] as number])]);
}

/** y = (x - mean) scale / sqrt(variance + epsilon) + offset, as one affine step. Inputs x, mean, variance, offset, scale. */
function lowerInference(context: Context, node: TracedNode): void {
  const { builder, placement, layoutOf } = context;
  const output = outputOf(node);
  const layout = layoutOf(output);
  const channels = output.shape.at(-1) as number;
  const [mean, variance, offset, gamma] = [1, 2, 3, 4].map((index) =>
    placement.full(inputOf(node, index), "plain"),
  ) as [string, string, string, string];
  const deviation = builder.op("Sqrt", [
    builder.op("Add", [variance, builder.scalar(Number(node.attributes.epsilon))]),
  ]);
  const scale = builder.op("Div", [gamma, deviation]);
  const bias = builder.op("Sub", [offset, builder.op("Mul", [mean, scale])]);
  const x = placement.full(inputOf(node, 0), layout);
  if (layout === "blocked") {
    const weights = builder.op("Reshape", [scale, builder.ints([channels, 1, 1, 1])]);
    const [batch, height, width] = output.shape as [number, number, number];
    const shape = [batch, channels, height, width];
    placement.put(
      output,
      layout,
      blockedAffine(context, x, { shape, groups: channels, scale: weights, bias }),
    );
    return;
  }
  const shape = builder.ints(layout === "nchw" ? [1, channels, 1, 1] : [channels]);
  const scaled = builder.op("Mul", [x, builder.op("Reshape", [scale, shape])]);
  placement.put(output, layout, builder.op("Add", [scaled, builder.op("Reshape", [bias, shape])]));
}
