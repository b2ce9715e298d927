// The gradient of average pooling on tfjs' CPU backend. Its own divides by the size of the window where padding is part of the
// window, whereas the average divides by the number of pixels.

import tf from "../tfjs-core.cjs";

const KERNEL = "AvgPoolGrad";

interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number;
}

let isReplaced = false;

/** Other backends have the right gradient. */
export function correctAvgPoolGradient(backendName: string): void {
  const stock = tf.getKernel(KERNEL, backendName);
  if (backendName !== "cpu" || isReplaced || !stock) return;
  isReplaced = true;
  tf.unregisterKernel(KERNEL, backendName);
  tf.registerKernel({
    kernelName: KERNEL,
    backendName,
    kernelFunc: (call) => {
      const { dy, input } = call.inputs as { dy: tf.TensorInfo; input: tf.TensorInfo };
      const factors = windowFactors(input.shape, call.attrs as unknown as PoolAttributes);
      const scaled = tf.tidy(() => tf.mul(dy as tf.Tensor, factors));
      const dx = stock.kernelFunc({ ...call, inputs: { dy: scaled, input } });
      scaled.dispose();
      factors.dispose();
      return dx;
    },
  });
}

/** The size of each window divided by the number of its pixels that are not padding: [1, height, width, 1]. */
function windowFactors(shape: number[], { filterSize, strides, pad }: PoolAttributes): tf.Tensor {
  const info = tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
  );
  const inside = (outputs: number, stride: number, [before, window, size]: [number, number, number]) =>
    Array.from({ length: outputs }, (_, at) => {
      const start = at * stride - before;
      return Math.min(start + window, size) - Math.max(start, 0);
    });
  const { outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = info;
  const rows = inside(outHeight, strideHeight, [padInfo.top, filterHeight, info.inHeight]);
  const columns = inside(outWidth, strideWidth, [padInfo.left, filterWidth, info.inWidth]);
  const area = filterHeight * filterWidth;
  const factors = rows.flatMap((height) => columns.map((width) => area / (height * width)));
  return tf.tensor4d(factors, [1, outHeight, outWidth, 1]);
}
