// The gradient of a convolution with respect to its filter -> ONNX, which has no op for it.

import type { ConvInfo } from "./layouts.js";
import { type Context, inputOf, outputOf } from "./lowering.js";
import { MICROSOFT_DOMAIN } from "./onnx-builder.js";
import type { TracedNode } from "./traced-graph.js";

/**
 * Inputs x, dy. For each tap of the kernel, the pixels of x under that tap times dy, summed over pixels and batch: the
 * taps are gathered side by side (im2col), the sum over pixels is a matrix product.
 */
export function lowerWeightGradient(context: Context, node: TracedNode): void {
  const { builder, placement } = context;
  const info = node.attributes.info as ConvInfo;
  const {
    padInfo: pad,
    batchSize,
    inChannels,
    outChannels,
    outHeight,
    outWidth,
    filterHeight,
    filterWidth,
  } = info;
  let x = placement.full(inputOf(node, 0), "nchw");
  if (pad.top + pad.left + pad.bottom + pad.right > 0)
    x = builder.op("Pad", [x, builder.ints([0, 0, pad.top, pad.left, 0, 0, pad.bottom, pad.right])]);
  const strided = info.strideHeight > 1 || info.strideWidth > 1;
  const taps: string[] = [];
  for (let row = 0; row < filterHeight; row++)
    for (let column = 0; column < filterWidth; column++)
      taps.push(
        filterHeight * filterWidth === 1 && !strided
          ? x
          : tap(context, x, info, row * info.dilationHeight, column * info.dilationWidth),
      );
  const count = taps.length;
  const gathered = count === 1 ? (taps[0] as string) : builder.op("Concat", taps, { axis: 1 });
  const pixels = outHeight * outWidth;
  const columns = builder.op("Reshape", [gathered, builder.ints([batchSize, count * inChannels, pixels])]);
  const dy = builder.op("Reshape", [
    placement.full(inputOf(node, 1), "nchw"),
    builder.ints([batchSize, outChannels, pixels]),
  ]);
  const byImage = builder.op("FusedMatMul", [columns, dy], { transB: 1 }, MICROSOFT_DOMAIN);
  const sum = builder.op("ReduceSum", [byImage, builder.ints([0])], { keepdims: 0 });
  placement.put(
    outputOf(node),
    "plain",
    builder.op("Reshape", [sum, builder.ints([filterHeight, filterWidth, inChannels, outChannels])]),
  );
}

function tap({ builder }: Context, x: string, info: ConvInfo, row: number, column: number): string {
  const end = (start: number, size: number, stride: number) => start + (size - 1) * stride + 1;
  return builder.op("Slice", [
    x,
    builder.ints([row, column]),
    builder.ints([end(row, info.outHeight, info.strideHeight), end(column, info.outWidth, info.strideWidth)]),
    builder.ints([2, 3]),
    builder.ints([info.strideHeight, info.strideWidth]),
  ]);
}
