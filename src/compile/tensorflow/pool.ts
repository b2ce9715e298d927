// Pooling and its gradients. Windows that are not TensorFlow's `SAME` or `VALID` are made `VALID` by padding.

import type { ConvInfo, Value } from "../graph/kernels.js";
import { poolAttributes } from "../ops/pool-gradient.js";
import { INT32, type TfAttribute, type TfTensor } from "./graph.js";
import type { TfContext, TfLowerings } from "./lowering.js";
import { padded } from "./structure.js";

export const POOL: TfLowerings<"MaxPool" | "AvgPool" | "MaxPoolGrad" | "AvgPoolGrad"> = {
  MaxPool: (context, { inputs: [x], attributes: { info } }) =>
    context.builder.floatOp("MaxPool", [around(context, x, info, LOWEST)], settings(info)),
  /** Averages exclude the padding. */
  AvgPool: (context, { inputs: [x], attributes: { info } }) => {
    const mean = context.builder.floatOp("AvgPool", [around(context, x, info, 0)], settings(info));
    return withoutPadding(context, mean, info);
  },
  MaxPoolGrad: (context, { inputs: [dy, x], attributes: { info } }) => {
    const { builder, tensor } = context;
    const image = around(context, x, info, LOWEST);
    const maxima = builder.floatOp("MaxPool", [image], settings(info));
    return inside(context, builder.floatOp("MaxPoolGrad", [image, maxima, tensor(dy)], settings(info)), info);
  },
  AvgPoolGrad: (context, { inputs: [dy], outputs: [dx], attributes: { info } }) => {
    const { builder, tensor } = context;
    const shape = paddingsOf(info).map(
      ([before, after], axis) => before + after + (dx.shape[axis] as number),
    );
    const share = withoutPadding(context, tensor(dy), info);
    return inside(
      context,
      builder.floatOp("AvgPoolGrad", [builder.ints(shape), share], settings(info)),
      info,
    );
  },
};

const LOWEST = -3.4028234663852886e38;

function settings(info: ConvInfo): Readonly<Record<string, TfAttribute>> {
  return {
    data_format: { text: "NHWC" },
    ksize: { ints: [1, info.filterHeight, info.filterWidth, 1] },
    strides: { ints: [1, info.strideHeight, info.strideWidth, 1] },
    padding: { text: isSame(info) ? "SAME" : "VALID" },
  };
}

function isSame({ padInfo }: ConvInfo): boolean {
  return padInfo.type === "SAME";
}

type Paddings = readonly [
  batch: readonly [number, number],
  height: readonly [number, number],
  width: readonly [number, number],
  channels: readonly [number, number],
];

function paddingsOf(info: ConvInfo): Paddings {
  if (isSame(info)) return [NONE, NONE, NONE, NONE];
  const [top, left, bottom, right] = poolAttributes(info).pads;
  return [NONE, [top, bottom], [left, right], NONE];
}

const NONE = [0, 0] as const;

function isPadded(info: ConvInfo): boolean {
  return paddingsOf(info).some(([before, after]) => before + after > 0);
}

function around(context: TfContext, x: Value, info: ConvInfo, value: number): TfTensor {
  const image = context.tensor(x);
  return isPadded(info) ? padded(context, image, paddingsOf(info), value) : image;
}

/** Cuts the padding off. */
function inside({ builder }: TfContext, gradient: TfTensor, info: ConvInfo): TfTensor {
  if (!isPadded(info)) return gradient;
  const starts = builder.ints(paddingsOf(info).map(([before]) => before));
  return builder.floatOp("Slice", [gradient, starts, builder.ints(info.inShape)], { Index: INT32 });
}

/** Multiplies means over windows by the size of the window / the number of its pixels that are not padding. */
function withoutPadding({ builder }: TfContext, means: TfTensor, info: ConvInfo): TfTensor {
  if (!isPadded(info)) return means;
  const { filterHeight, filterWidth, strideHeight, strideWidth, inHeight, inWidth, outHeight, outWidth } =
    info;
  const [, [top], [left]] = paddingsOf(info);
  const inImage = (window: number, stride: number, kernel: number, before: number, size: number) =>
    Math.min(window * stride - before + kernel, size) - Math.max(window * stride - before, 0);
  const factors = Array.from({ length: outHeight * outWidth }, (_, index) => {
    const rows = inImage(Math.floor(index / outWidth), strideHeight, filterHeight, top, inHeight);
    const columns = inImage(index % outWidth, strideWidth, filterWidth, left, inWidth);
    return (filterHeight * filterWidth) / (rows * columns);
  });
  return builder.floatOp("Mul", [means, builder.constant("float32", [1, outHeight, outWidth, 1], factors)]);
}
