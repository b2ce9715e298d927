// Convolutions of maps of few pixels as matrix products. The kernels of convolutions compute a few neighbouring pixels at a time and
// read the whole filter for each image; where an image has no more than a few pixels, they wait for the filter.

import type { ConvInfo, Value } from "../graph/kernels.js";
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

/** Whether a convolution is one matrix product: with a 1x1 kernel, or if every output pixel sees the same input pixels. */
export function isProduct(info: ConvInfo, { groups }: ConvChannels): boolean {
  return groups === 1 && (isPixelProduct(info) || windowsOf(info) !== null);
}

function isPixelProduct(info: ConvInfo): boolean {
  return isPointwise(info) && isDense(info) && info.inHeight * info.inWidth <= FEW_PIXELS;
}

function windowsOf(info: ConvInfo): { readonly rows: Window; readonly columns: Window } | null {
  if (info.dilationHeight > 1 || info.dilationWidth > 1) return null;
  const { padInfo: pad } = info;
  const rows = windowOf(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, pad.top);
  const columns = windowOf(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, pad.left);
  if (rows === null || columns === null) return null;
  const outputs = info.outHeight * info.outWidth;
  return outputs === 1 || outputs * rows.count * columns.count <= FEW_PAIRS ? { rows, columns } : null;
}

function windowOf(size: number, out: number, kernel: number, stride: number, before: number): Window | null {
  const first = (at: number) => Math.max(0, at * stride - before);
  const end = (at: number) => Math.min(size, at * stride - before + kernel);
  const isSame = first(out - 1) === first(0) && end(out - 1) === end(0);
  return isSame && end(0) > first(0) ? { start: first(0), count: end(0) - first(0) } : null;
}

/** y, in tfjs' layout. */
export function productForward(context: Context, x: Value, filter: string, { info }: ConvParts): string {
  const { builder, placement } = context;
  const operands = [
    seenPixels(context, placement.full(x, "plain"), info),
    productFilter(context, filter, info),
  ];
  const product = builder.op("FusedMatMul", operands, {}, MICROSOFT_DOMAIN);
  return builder.op("Reshape", [product, builder.ints(info.outShape)]);
}

/** The gradient of x, in tfjs' layout. */
export function productInputGradient(
  context: Context,
  dy: Value,
  filter: string,
  { info }: ConvParts,
): string {
  const { builder, placement } = context;
  const outputs = isPixelProduct(info) ? 1 : info.outHeight * info.outWidth;
  const rows = builder.op("Reshape", [
    placement.full(dy, "plain"),
    builder.ints([-1, outputs * info.outChannels]),
  ]);
  const operands = [rows, productFilter(context, filter, info)];
  const product = builder.op("FusedMatMul", operands, { transB: 1 }, MICROSOFT_DOMAIN);
  const windows = isPixelProduct(info) ? null : windowsOf(info);
  if (windows === null) return builder.op("Reshape", [product, builder.ints(info.inShape)]);
  const { rows: row, columns: column } = windows;
  const seen = [info.batchSize, row.count, column.count, info.inChannels];
  const images = builder.op("Reshape", [product, builder.ints(seen)]);
  const after = [info.inHeight - row.start - row.count, info.inWidth - column.start - column.count] as const;
  const pads = [0, row.start, column.start, 0, 0, ...after, 0];
  return pads.some((size) => size > 0) ? builder.op("Pad", [images, builder.ints(pads)]) : images;
}

/** The rows of the product: of each pixel its channels, or of each image the pixels that are seen. */
function seenPixels({ builder }: Context, x: string, info: ConvInfo): string {
  const windows = isPixelProduct(info) ? null : windowsOf(info);
  if (windows === null) return builder.op("Reshape", [x, builder.ints([-1, info.inChannels])]);
  const { rows, columns } = windows;
  const isWhole = rows.count === info.inHeight && columns.count === info.inWidth;
  const seen = isWhole
    ? x
    : builder.op("Slice", [
        x,
        builder.ints([rows.start, columns.start]),
        builder.ints([rows.start + rows.count, columns.start + columns.count]),
        builder.ints([1, 2]),
      ]);
  return builder.op("Reshape", [seen, builder.ints([-1, rows.count * columns.count * info.inChannels])]);
}

/** The filter as a matrix [seen pixels x input channels, output pixels x output channels]. */
function productFilter(context: Context, filter: string, info: ConvInfo): string {
  const { builder } = context;
  const { inChannels: from, outChannels: to, outHeight, outWidth } = info;
  const windows = isPixelProduct(info) ? null : windowsOf(info);
  if (windows === null) return builder.op("Reshape", [filter, builder.ints([from, to])]);
  const { rows, columns } = windows;
  const { padInfo: pad, strideHeight, strideWidth } = info;
  const pixels = rows.count * columns.count;
  const parts = range(outHeight).flatMap((y) =>
    range(outWidth).map((x) => {
      // The taps through which this output pixel sees the window.
      const [top, left] = [
        rows.start - y * strideHeight + pad.top,
        columns.start - x * strideWidth + pad.left,
      ];
      const isWhole = rows.count === info.filterHeight && columns.count === info.filterWidth;
      const taps = isWhole
        ? filter
        : builder.op("Slice", [
            filter,
            builder.ints([top, left]),
            builder.ints([top + rows.count, left + columns.count]),
            builder.ints([0, 1]),
          ]);
      return builder.op("Reshape", [taps, builder.ints([pixels * from, to])]);
    }),
  );
  const [only] = parts;
  return parts.length === 1 && only ? only : builder.op("Concat", parts, { axis: 1 });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
