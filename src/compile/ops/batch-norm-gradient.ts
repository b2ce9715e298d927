// Lowers the gradient of BatchNorm in training to ONNX, with few passes over the activations.

import type { BATCH_NORM_TRAIN_GRADIENT } from "../../model/batch-norm-kernels.js";
import type { NodeOf } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { batchMean, pixelDots, pixelMeans } from "./blocked.js";
import {
  affine,
  centred,
  type Images,
  imagesIn,
  imageVectors,
  laidOutAs,
  minusProduct,
  putImages,
} from "./laid-out.js";
import type { Context } from "./op.js";

type Gradient = NodeOf<typeof BATCH_NORM_TRAIN_GRADIENT> | NodeOf<"GatedBatchNormGradient">;

export function lowerGradient(context: Context, node: NodeOf<typeof BATCH_NORM_TRAIN_GRADIENT>): void {
  const [dy, ...forward] = node.inputs;
  lower(context, node, { dz: dy, gated: null, forward });
}

export function lowerGatedGradient(context: Context, node: NodeOf<"GatedBatchNormGradient">): void {
  const [dz, gate, shift, ...forward] = node.inputs;
  lower(context, node, { dz, gated: { gate, shift }, forward });
}

interface Operands {
  /** dy, or dz if dy is gate dz + shift. */
  readonly dz: Value;
  readonly gated: { readonly gate: Value; readonly shift: Value } | null;
  readonly forward: readonly [x: Value, gamma: Value, mean: Value, scale: Value];
}

/**
 * dx = a dy + p x + q with a, p, q per channel (Ioffe and Szegedy 2015, with terms collected), where a is gamma scale, or 1 if dx is
 * divided by that.
 */
function lower(context: Context, node: Gradient, { dz: gradient, gated, forward }: Operands): void {
  const { builder, placement } = context;
  const [images, gammas, means, scales] = forward;
  const [dx, dgamma, dbeta] = node.outputs;
  const laidOut = laidOutAs(context, node, { from: images, to: dx });
  const dz = imagesIn(context, gradient, laidOut);
  const given = imagesIn(context, images, laidOut);
  const { x, rest } = centred(context, given, placement.full(means, "plain"), laidOut);
  const scale = placement.full(scales, "plain");
  const a = node.attributes.isDivided ? null : builder.op("Mul", [placement.full(gammas, "plain"), scale]);
  const timesA = (name: string) => (a === null ? name : builder.op("Mul", [name, a]));
  const vectors = gated && {
    gate: imageVectors(context, gated.gate, laidOut),
    shift: imageVectors(context, gated.shift, laidOut),
  };
  const { meanDy, meanDyX } = meansOf(context, laidOut, { dz, x, vectors });
  // Means over the m positions instead of sums, because dx needs dgamma / m and dbeta / m.
  const meanDgamma = builder.op("Mul", [minusProduct(context, meanDyX, rest, meanDy), scale]);
  const p = builder.op("Neg", [timesA(builder.op("Mul", [scale, meanDgamma]))]);
  const q = minusProduct(context, builder.op("Neg", [timesA(meanDy)]), rest, p);
  const add = () => {
    if (vectors) {
      const b = builder.op("Add", [timesA(vectors.shift), q]);
      const sum = affine(context, laidOut, { x, a: p });
      return affine(context, laidOut, { x: dz, a: timesA(vectors.gate), b, sum, perImage: true });
    }
    if (a === null) return affine(context, laidOut, { x, a: p, b: q, sum: dz });
    return affine(context, laidOut, { x: dz, a, sum: affine(context, laidOut, { x, a: p, b: q }) });
  };
  putImages(context, dx, laidOut, add());
  const [batch, , height, width] = laidOut.shape;
  const positions = builder.scalar(batch * height * width);
  const sumOf = (name: string) => builder.op("Mul", [name, positions]);
  placement.put(dgamma, "plain", sumOf(meanDgamma));
  placement.put(dbeta, "plain", sumOf(meanDy));
}

interface Summed {
  readonly dz: string;
  readonly x: string;
  /** [batch, channels] */
  readonly vectors: { readonly gate: string; readonly shift: string } | null;
}

/** The means of dy and of dy x over batch, height and width: [channels]. A gate is the same for all pixels of a sum. */
function meansOf(context: Context, laidOut: Images, { dz, x, vectors }: Summed) {
  const { builder } = context;
  const [, , height, width] = laidOut.shape;
  const meanDz = pixelMeans(context, dz, laidOut);
  const sumDzX = pixelDots(context, dz, x, laidOut);
  const mean = (name: string) => batchMean(context, name);
  const perPixel = (name: string) => builder.op("Mul", [name, builder.scalar(1 / (height * width))]);
  if (!vectors) return { meanDy: mean(meanDz), meanDyX: perPixel(mean(sumDzX)) };
  const { gate, shift } = vectors;
  const gated = (product: string, added: string) =>
    mean(builder.op("Add", [builder.op("Mul", [gate, product]), added]));
  return {
    meanDy: gated(meanDz, shift),
    meanDyX: gated(perPixel(sumDzX), builder.op("Mul", [shift, pixelMeans(context, x, laidOut)])),
  };
}
