// BatchNorm in training and its gradient -> ONNX, in the closed form: few passes over the activations.

import { BATCH_NORM_TRAIN, BATCH_NORM_TRAIN_GRADIENT } from "../model/batch-norm-kernels.js";
import { blockedAffine, type Context, channelMeans, inputOf, type Lowering, outputOf } from "./lowering.js";
import type { TracedNode } from "./traced-graph.js";

export const BATCH_NORM: Readonly<Record<string, Lowering>> = {
  [BATCH_NORM_TRAIN]: lowerForward,
  [BATCH_NORM_TRAIN_GRADIENT]: lowerGradient,
};

/** Inputs x, gamma, beta; outputs y, mean, 1 / sqrt(variance + epsilon), variance. y = a x + b with a, b by channel. */
function lowerForward(context: Context, node: TracedNode): void {
  const { builder, placement } = context;
  const { layout, channels, image } = place(context, node, 0);
  const x = image(0);
  const [gamma, beta] = [vector(context, node, 1), vector(context, node, 2)];
  const mean = channelMeans(context, x, layout);
  const squares =
    layout === "blocked"
      ? channelMeans(context, builder.op("Mul", [x, x]), layout)
      : meanSquare(context, node, x);
  const variance = builder.op("Max", [
    builder.op("Sub", [squares, builder.op("Mul", [mean, mean])]),
    builder.scalar(0),
  ]);
  const scale = builder.op("Reciprocal", [
    builder.op("Sqrt", [builder.op("Add", [variance, builder.scalar(Number(node.attributes.epsilon))])]),
  ]);
  const a = builder.op("Mul", [gamma, scale]);
  const b = builder.op("Sub", [beta, builder.op("Mul", [mean, a])]);
  const y =
    layout === "blocked"
      ? blockedAffine(context, x, {
          channels,
          scale: asWeights(context, a, channels),
          bias: asVector(context, b, channels),
        })
      : builder.op("Add", [builder.op("Mul", [x, a]), b]);
  placement.put(outputOf(node, 0), layout, y);
  [mean, scale, variance].forEach((name, index) => {
    placement.put(outputOf(node, index + 1), "plain", asVector(context, name, channels));
  });
}

/**
 * Inputs dy, x, gamma, mean, scale; outputs dx, dgamma, dbeta. dx = a dy + p x + q with a, p, q by channel
 * (Ioffe and Szegedy 2015, collected).
 */
function lowerGradient(context: Context, node: TracedNode): void {
  const { builder, placement } = context;
  const { layout, channels, count, image } = place(context, node, 1);
  const [dy, x] = [image(0), image(1)];
  const [gamma, mean, scale] = [vector(context, node, 2), vector(context, node, 3), vector(context, node, 4)];
  const over = builder.scalar(count);
  const meanDy = channelMeans(context, dy, layout);
  const meanDyX = channelMeans(context, builder.op("Mul", [dy, x]), layout);
  // Means over the batch rather than sums: dgamma / m and dbeta / m are what dx needs.
  const meanDgamma = builder.op("Mul", [
    builder.op("Sub", [meanDyX, builder.op("Mul", [mean, meanDy])]),
    scale,
  ]);
  const a = builder.op("Mul", [gamma, scale]);
  const p = builder.op("Neg", [builder.op("Mul", [builder.op("Mul", [a, scale]), meanDgamma])]);
  const q = builder.op("Neg", [
    builder.op("Add", [builder.op("Mul", [a, meanDy]), builder.op("Mul", [p, mean])]),
  ]);
  let dx: string;
  if (layout === "blocked") {
    const sum = blockedAffine(context, x, { channels, scale: asWeights(context, p, channels) });
    dx = blockedAffine(context, dy, {
      channels,
      scale: asWeights(context, a, channels),
      bias: asVector(context, q, channels),
      sum,
    });
  } else {
    dx = builder.op("Add", [builder.op("Mul", [dy, a]), builder.op("Add", [builder.op("Mul", [x, p]), q])]);
  }
  placement.put(outputOf(node, 0), layout, dx);
  placement.put(
    outputOf(node, 1),
    "plain",
    asVector(context, builder.op("Mul", [meanDgamma, over]), channels),
  );
  placement.put(outputOf(node, 2), "plain", asVector(context, builder.op("Mul", [meanDy, over]), channels));
}

/** BatchNorm knows only blocked and nchw; vectors count as images of one pixel. */
function place(context: Context, node: TracedNode, input: number) {
  const { placement, layoutOf } = context;
  const { shape } = inputOf(node, input);
  const channels = shape.at(-1) as number;
  const layout = layoutOf(outputOf(node, 0)) === "blocked" ? ("blocked" as const) : ("nchw" as const);
  const image = (index: number) => {
    const value = inputOf(node, index);
    if (shape.length !== 4) throw new Error(`BatchNorm of ${shape.length} axes is not compiled`);
    return placement.full(value, layout);
  };
  return { layout, channels, count: shape.reduce((a, b) => a * b, 1) / channels, image };
}

function meanSquare({ builder }: Context, node: TracedNode, x: string): string {
  const { shape } = inputOf(node, 0);
  const count = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return builder.op("Mul", [
    builder.op("ReduceSumSquare", [x], { axes: [0, 2, 3], keepdims: 1 }),
    builder.scalar(1 / count),
  ]);
}

function vector({ builder, placement }: Context, node: TracedNode, index: number): string {
  const value = inputOf(node, index);
  return builder.op("Reshape", [
    placement.full(value, "plain"),
    builder.ints([1, value.shape[0] as number, 1, 1]),
  ]);
}

function asVector({ builder }: Context, name: string, channels: number): string {
  return builder.op("Reshape", [name, builder.ints([channels])]);
}

function asWeights({ builder }: Context, name: string, channels: number): string {
  return builder.op("Reshape", [name, builder.ints([channels, 1, 1, 1])]);
}
