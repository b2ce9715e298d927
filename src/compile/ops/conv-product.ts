// Convolutions of maps of few pixels as matrix products. The kernels of convolutions compute a few neighbouring pixels at a time and
// read the whole filter for each image; where an image has no more than a few pixels, they wait for the filter.

import type { ConvInfo, Value } from "../graph/kernels.js";
import type { OnnxBuilder } from "../onnx/builder.js";
import { MICROSOFT_DOMAIN } from "../onnx/graph.js";
import { type ConvChannels, type ConvParts, isDense, isPointwise } from "./conv-channels.js";
import type { Context } from "./op.js";

/** Pixels of a map for which a 1x1 convolution is faster as a product (measured with blocks of 16 channels). */
const FEW_PIXELS = 4;
/** Pairs of an input and an output pixel for which the filter is worth being laid out for each of them. */
const FEW_PAIRS = 16;

/** Along one axis: the input pixels that every output pixel sees. */
interface Window {
  readonly start: number;
  readonly count: number;
}

/** A convolution as the product of a row per image, which has the pixels that are seen, and a matrix. */
interface Product {
  /** Of the convolution, or of one of as many images as there are pixels. */
  readonly info: ConvInfo;
  readonly rows: Window;
  readonly columns: Window;
  /** Whether all pixels are seen. */
  readonly isWhole: boolean;
}

/** Whether a convolution is one matrix product: with a 1x1 kernel, or if every output pixel sees the same input pixels. */
export function isProduct(info: ConvInfo, { groups }: ConvChannels): boolean {
  return groups === 1 && findProduct(info) !== null;
}

function findProduct(given: ConvInfo): Product | null {
  const info = asOnePixel(given);
  if (info.dilationHeight > 1 || info.dilationWidth > 1) return null;
  const { padInfo: pad } = info;
  const rows = windowOf(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, pad.top);
  const columns = windowOf(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, pad.left);
  if (rows === null || columns === null) return null;
  const outputs = info.outHeight * info.outWidth;
  const isWhole = rows.count === info.inHeight && columns.count === info.inWidth;
  return outputs === 1 || outputs * rows.count * columns.count <= FEW_PAIRS
    ? { info, rows, columns, isWhole }
    : null;
}

/** A 1x1 convolution of few pixels is one of as many images of one pixel; others stay as they are. */
function asOnePixel(info: ConvInfo): ConvInfo {
  const pixels = info.inHeight * info.inWidth;
  if (!isPointwise(info) || !isDense(info) || pixels > FEW_PIXELS) return info;
  return {
    ...info,
    ...{ batchSize: info.batchSize * pixels, inHeight: 1, inWidth: 1, outHeight: 1, outWidth: 1 },
  };
}

function windowOf(size: number, out: number, kernel: number, stride: number, before: number): Window | null {
  const first = (at: number) => Math.max(0, at * stride - before);
  const end = (at: number) => Math.min(size, at * stride - before + kernel);
  const isSame = first(out - 1) === first(0) && end(out - 1) === end(0);
  return isSame && end(0) > first(0) ? { start: first(0), count: end(0) - first(0) } : null;
}

function productOf(info: ConvInfo): Product {
  const product = findProduct(info);
  if (product === null) throw new Error("the convolution is no matrix product");
  return product;
}

/** y, in tfjs' layout. */
export function productForward(context: Context, x: Value, filter: string, { info }: ConvParts): string {
  const { builder, placement } = context;
  const product = productOf(info);
  const operands = [
    seenPixels(context, placement.full(x, "plain"), product),
    productFilter(context, filter, product),
  ];
  const y = builder.op("FusedMatMul", operands, {}, MICROSOFT_DOMAIN);
  return builder.op("Reshape", [y, builder.ints(info.outShape)]);
}

/** The gradient of x, in tfjs' layout. */
export function productInputGradient(
  context: Context,
  dy: Value,
  filter: string,
  { info: given }: ConvParts,
): string {
  const { builder, placement } = context;
  const product = productOf(given);
  const { info, rows, columns, isWhole } = product;
  const gradients = builder.op("Reshape", [
    placement.full(dy, "plain"),
    builder.ints([-1, info.outHeight * info.outWidth * info.outChannels]),
  ]);
  const operands = [gradients, productFilter(context, filter, product)];
  const seen = builder.op("FusedMatMul", operands, { transB: 1 }, MICROSOFT_DOMAIN);
  if (isWhole) return builder.op("Reshape", [seen, builder.ints(given.inShape)]);
  const shape = [info.batchSize, rows.count, columns.count, info.inChannels];
  const images = builder.op("Reshape", [seen, builder.ints(shape)]);
  const [bottom, right] = [
    info.inHeight - rows.start - rows.count,
    info.inWidth - columns.start - columns.count,
  ];
  const pads = [0, rows.start, columns.start, 0, 0, bottom, right, 0];
  return builder.op("Pad", [images, builder.ints(pads)]);
}

/** The pixels of each image that are seen, with their channels, as one row. */
function seenPixels({ builder }: Context, x: string, { info, rows, columns, isWhole }: Product): string {
  const seen = isWhole ? x : windowIn(builder, x, { rows, columns, axes: [1, 2] });
  return builder.op("Reshape", [seen, builder.ints([-1, rows.count * columns.count * info.inChannels])]);
}

/** The filter as a matrix [seen pixels x input channels, output pixels x output channels]. */
function productFilter({ builder }: Context, filter: string, { info, rows, columns }: Product): string {
  const { padInfo: pad, strideHeight, strideWidth, filterHeight, filterWidth } = info;
  const shape = builder.ints([rows.count * columns.count * info.inChannels, info.outChannels]);
  const isWhole = rows.count === filterHeight && columns.count === filterWidth;
  const parts = range(info.outHeight).flatMap((y) =>
    range(info.outWidth).map((x) => {
      // The taps through which this output pixel sees the window.
      const taps = {
        rows: { ...rows, start: rows.start - y * strideHeight + pad.top },
        columns: { ...columns, start: columns.start - x * strideWidth + pad.left },
        axes: [0, 1],
      };
      return builder.op("Reshape", [isWhole ? filter : windowIn(builder, filter, taps), shape]);
    }),
  );
  const [only] = parts;
  return parts.length === 1 && only ? only : builder.op("Concat", parts, { axis: 1 });
}

/** `axes`: those of rows and columns. */
function windowIn(
  builder: OnnxBuilder,
  from: string,
  { rows, columns, axes }: { rows: Window; columns: Window; axes: readonly number[] },
): string {
  const starts = [rows.start, columns.start];
  const ends = [rows.start + rows.count, columns.start + columns.count];
  return builder.op("Slice", [from, ...[starts, ends, axes].map((list) => builder.ints(list))]);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
