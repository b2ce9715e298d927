// BatchNorm during training as two custom tfjs kernels, forward and closed-form gradient, so that the compiler sees one node
// instead of thirty. For backends that execute directly, they are implemented here with ordinary tfjs ops.

import tf from "../tfjs-core.cjs";

export const BATCH_NORM_TRAIN = "BatchNormTrain";
export const BATCH_NORM_TRAIN_GRADIENT = "BatchNormTrainGradient";

/**
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta with the mean and the biased variance of the batch.
 * x: [..., C]; gamma, beta: [C]. Returns y, mean [C], variance [C]. Only y has a gradient.
 */
export function batchNormTrain(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const [y, mean, , variance] = runKernel(BATCH_NORM_TRAIN, { x, gamma, beta }, { epsilon }) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  return [y, mean, variance];
}

/** Registers the gradients of the two kernels, and their implementation for a backend that executes directly. */
export function registerBatchNormKernels(backendName: string): void {
  registerGradientOnce();
  registerOnce(BATCH_NORM_TRAIN, backendName, ({ inputs, attrs }) =>
    forward(inputs as unknown as Tensors, Number(attrs?.epsilon)),
  );
  registerOnce(BATCH_NORM_TRAIN_GRADIENT, backendName, ({ inputs }) =>
    backward(inputs as unknown as Tensors),
  );
}

type Tensors = Record<"x" | "gamma" | "beta" | "dy" | "mean" | "scale", tf.Tensor>;

/** Returns y, mean, 1 / sqrt(variance + epsilon) and variance. */
function forward({ x, gamma, beta }: Tensors, epsilon: number): tf.Tensor[] {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, reducedAxes(x));
    const scale = tf.rsqrt(tf.add(variance, epsilon));
    const y = tf.add(tf.mul(tf.mul(tf.sub(x, mean), scale), gamma), beta);
    return [y, mean, scale, variance];
  });
}

/**
 * With xhat = (x - mean) scale and sums over the m positions of a channel (Ioffe and Szegedy 2015):
 * dbeta = sum(dy), dgamma = sum(dy xhat), dx = gamma scale (dy - dbeta / m - xhat dgamma / m).
 */
function backward({ dy, x, gamma, mean, scale }: Tensors): tf.Tensor[] {
  return tf.tidy(() => {
    const axes = reducedAxes(x);
    const count = x.size / (gamma.size || 1);
    const normalised = tf.mul(tf.sub(x, mean), scale);
    const dbeta = tf.sum(dy, axes);
    const dgamma = tf.sum(tf.mul(dy, normalised), axes);
    const centred = tf.sub(dy, tf.div(tf.add(dbeta, tf.mul(normalised, dgamma)), count));
    return [tf.mul(centred, tf.mul(gamma, scale)), dgamma, dbeta];
  });
}

function reducedAxes(x: tf.Tensor): number[] {
  return x.shape.slice(0, -1).map((_, axis) => axis);
}

/** Gradients are registered by the name of the kernel, independently of the backend. */
function registerGradientOnce(): void {
  if (tf.getGradient(BATCH_NORM_TRAIN)) return;
  tf.registerGradient({
    kernelName: BATCH_NORM_TRAIN,
    inputsToSave: ["x", "gamma"],
    outputsToSave: [false, true, true, false],
    gradFunc: (dys, saved) => {
      const [x, gamma, mean, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dy = (dys as unknown as tf.Tensor[])[0] as tf.Tensor;
      // tfjs requests each gradient in its own scope, which would dispose of the other two.
      let kept: tf.Tensor[] | null = null;
      const gradient = (index: number) => () => {
        kept ??= runKernel(BATCH_NORM_TRAIN_GRADIENT, { dy, x, gamma, mean, scale }).map((result) =>
          tf.keep(result),
        );
        const result = kept[index] as tf.Tensor;
        const copy = tf.clone(result);
        result.dispose();
        return copy;
      };
      return { x: gradient(0), gamma: gradient(1), beta: gradient(2) };
    },
  });
}

function runKernel(name: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap = {}): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes) as unknown as tf.Tensor[];
}

function registerOnce(kernelName: string, backendName: string, kernelFunc: tf.KernelFunc): void {
  if (!tf.getKernel(kernelName, backendName)) tf.registerKernel({ kernelName, backendName, kernelFunc });
}
