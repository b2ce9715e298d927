// Images as BatchNorm reads them, whatever their layout: their shape with channels first, and numbers per channel beside them.

import { channelsFirst, isImageShape, type TracedNode, UnsupportedKernelError } from "../graph/graph.js";
import type { Value } from "../graph/kernels.js";
import { blockedAffine, type LaidOut } from "./blocked.js";
import type { Context } from "./op.js";

export interface Images extends LaidOut {
  /** Whether each image has one pixel. */
  readonly isVector: boolean;
}

export function laidOutAs(
  { layoutOf }: Context,
  { kernel, layer }: TracedNode,
  { from, to }: { from: Value; to: Value },
): Images {
  const { shape } = from;
  if (!isImageShape(shape)) throw new UnsupportedKernelError(`${kernel} of ${shape.length} axes`, layer);
  const [batch, height, width, channels] = shape;
  const isVector = height * width === 1;
  // With one channel, both are the same in memory, and rows of one number would be computed one by one.
  const layout = layoutOf(to) === "plain" && channels === 1 ? "nchw" : layoutOf(to);
  return layout === "plain"
    ? { layout: "rows", shape: [batch * height * width, channels, 1, 1], isVector }
    : { layout, shape: channelsFirst(shape), isVector };
}

export function imagesIn({ builder, placement }: Context, value: Value, { layout, shape }: Images): string {
  if (layout !== "rows") return placement.full(value, layout);
  return builder.op("Reshape", [placement.full(value, "plain"), builder.ints(shape.slice(0, 2))]);
}

export function putImages(
  { builder, placement }: Context,
  value: Value,
  { layout }: Images,
  name: string,
): void {
  if (layout !== "rows") placement.put(value, layout, name);
  else placement.put(value, "plain", builder.op("Reshape", [name, builder.ints(value.shape)]));
}

/** A value [batch, 1, 1, channels] as [batch, channels]. */
export function imageVectors({ builder, placement }: Context, value: Value, { shape }: LaidOut): string {
  const [batch, channels] = shape;
  return builder.op("Reshape", [placement.full(value, "plain"), builder.ints([batch, channels])]);
}

/** value - a b; the value if a is null. */
export function minusProduct(
  { builder }: Context,
  value: string,
  a: string | null,
  b: string | null,
): string {
  return a === null || b === null ? value : builder.op("Sub", [value, builder.op("Mul", [a, b])]);
}

/**
 * x and its mean, or x - mean and null for the mean of that. Centring takes one more pass, and is needed for vectors: squeezed ones may be
 * far from 0 and close together, for which E[x^2] - E[x]^2 is not exact enough. `mean`: [channels].
 */
export function centred(
  context: Context,
  x: string,
  mean: string,
  { isVector, ...laidOut }: Images,
): { readonly x: string; readonly rest: string | null } {
  const { builder } = context;
  if (!isVector) return { x, rest: mean };
  if (laidOut.layout === "rows") return { x: builder.op("Sub", [x, mean]), rest: null };
  const [, channels] = laidOut.shape;
  const a = builder.floats(new Float32Array(channels).fill(1), [channels]);
  return { x: affine(context, laidOut, { x, a, b: builder.op("Neg", [mean]) }), rest: null };
}

interface AffineParts {
  readonly x: string;
  /** [channels], or [batch, channels] if `perImage`; like b. */
  readonly a: string;
  readonly b?: string;
  /** A tensor like x. */
  readonly sum?: string;
  /** Not for rows. */
  readonly perImage?: true;
}

/** a x + b + sum */
export function affine(context: Context, laidOut: LaidOut, { sum, ...parts }: AffineParts): string {
  const { builder } = context;
  const { shape, layout } = laidOut;
  if (layout !== "blocked") {
    const shifted = (parts.perImage ? imageAffine : plainAffine)(context, laidOut, parts);
    return sum === undefined ? shifted : builder.op("Add", [shifted, sum]);
  }
  const { x, a, b, perImage } = parts;
  const groups = perImage ? shape[0] * shape[1] : shape[1];
  return blockedAffine(context, x, {
    ...{ shape, groups },
    scale: builder.op("Reshape", [a, builder.ints([groups, 1, 1, 1])]),
    ...(b === undefined ? {} : { bias: perImage ? builder.op("Reshape", [b, builder.ints([groups])]) : b }),
    ...(sum === undefined ? {} : { sum }),
  });
}

/** a x + b. For images, in one pass, as what ONNX calls BatchNormalization, here with a mean of 0 and a variance of 1. */
function plainAffine({ builder }: Context, { layout, shape }: LaidOut, { x, a, b }: AffineParts): string {
  const [, channels] = shape;
  if (layout === "nchw") {
    const all = (value: number) => builder.floats(new Float32Array(channels).fill(value), [channels]);
    return builder.op("BatchNormalization", [x, a, b ?? all(0), all(0), all(1)], { epsilon: 0 });
  }
  const scaled = builder.op("Mul", [x, a]);
  return b === undefined ? scaled : builder.op("Add", [scaled, b]);
}

function imageAffine({ builder }: Context, { shape }: LaidOut, { x, a, b }: AffineParts): string {
  const [batch, channels] = shape;
  const along = (name: string) => builder.op("Reshape", [name, builder.ints([batch, channels, 1, 1])]);
  const scaled = builder.op("Mul", [x, along(a)]);
  return b === undefined ? scaled : builder.op("Add", [scaled, along(b)]);
}
