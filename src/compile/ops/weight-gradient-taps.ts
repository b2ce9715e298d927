// The weight gradient tap by tap: one matrix product of the pixels of x under a tap and the matching pixels of dy.

import type { ConvInfo, Value } from "../graph/kernels.js";
import { MICROSOFT_DOMAIN } from "../onnx/graph.js";
import type { ConvParts } from "./conv-channels.js";
import type { Context } from "./op.js";

export interface WeightGradientOperands extends ConvParts {
  readonly x: Value;
  readonly dy: Value;
}

/** The part of x under one tap of the kernel, and the matching part of dy. */
export interface Tap {
  readonly rows: Range;
  readonly columns: Range;
}

interface Range {
  /** Index of the first element in x, and the step to the next. */
  readonly start: number;
  readonly step: number;
  /** Index of the first element in dy, and the number of elements. */
  readonly first: number;
  readonly count: number;
  readonly sizeX: number;
  readonly sizeDy: number;
}

export function tapGradients(context: Context, { info, x, dy }: WeightGradientOperands): string {
  const { builder, placement } = context;
  const { inChannels: from, outChannels: to, batchSize } = info;
  const [seen, gradient] = [placement.full(x, "plain"), placement.full(dy, "plain")];
  const products = tapsOf(info).map((tap) => {
    const { rows, columns } = tap;
    if (rows.count <= 0 || columns.count <= 0)
      return builder.op("Expand", [builder.scalar(0), builder.ints([from, to])]);
    const length = batchSize * rows.count * columns.count;
    const left = builder.op("Reshape", [slicePixels(context, seen, tap), builder.ints([length, from])]);
    const right = builder.op("Reshape", [sliceGradient(context, gradient, tap), builder.ints([length, to])]);
    return builder.op("FusedMatMul", [left, right], { transA: 1 }, MICROSOFT_DOMAIN);
  });
  return builder.op("Concat", products, { axis: 0 });
}

function tapsOf(info: ConvInfo): Tap[] {
  const { filterHeight, filterWidth, padInfo: pad } = info;
  const range = (offset: number, sizeX: number, sizeDy: number, step: number): Range => {
    const first = Math.max(0, Math.ceil(-offset / step));
    const last = Math.min(sizeDy - 1, Math.floor((sizeX - 1 - offset) / step));
    return { start: first * step + offset, step, first, count: last - first + 1, sizeX, sizeDy };
  };
  return Array.from({ length: filterHeight * filterWidth }, (_, index) => ({
    rows: range(
      Math.floor(index / filterWidth) * info.dilationHeight - pad.top,
      info.inHeight,
      info.outHeight,
      info.strideHeight,
    ),
    columns: range(
      (index % filterWidth) * info.dilationWidth - pad.left,
      info.inWidth,
      info.outWidth,
      info.strideWidth,
    ),
  }));
}

/** The only tap of a 1x1 kernel. */
export function onlyTap(info: ConvInfo): Tap {
  const [tap] = tapsOf(info);
  if (!tap) throw new Error("the kernel has no taps");
  return tap;
}

export function slicePixels(context: Context, x: string, { rows, columns }: Tap): string {
  const whole = [rows, columns].every(({ step, count, sizeX }) => step === 1 && count === sizeX);
  const ends = [rows, columns].map(({ start, step, count }) => start + (count - 1) * step + 1);
  return whole ? x : sliceImage(context, x, [rows.start, columns.start], ends, [rows.step, columns.step]);
}

function sliceGradient(context: Context, dy: string, { rows, columns }: Tap): string {
  const whole = [rows, columns].every(({ count, sizeDy }) => count === sizeDy);
  const ends = [rows, columns].map(({ first, count }) => first + count);
  return whole ? dy : sliceImage(context, dy, [rows.first, columns.first], ends, [1, 1]);
}

function sliceImage(
  { builder }: Context,
  image: string,
  starts: number[],
  ends: number[],
  steps: number[],
): string {
  return builder.op("Slice", [
    image,
    builder.ints(starts),
    builder.ints(ends),
    builder.ints([1, 2]),
    builder.ints(steps),
  ]);
}
