// Activations that tfjs lacks, or whose gradients in tfjs take more operations than these.

import tf from "../tfjs-core.cjs";

type Gradient = (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor;

/** A function of single elements: its value, the tensors that its gradient needs, and the gradient. */
function differentiable(
  compute: (x: tf.Tensor) => { readonly value: tf.Tensor; readonly saved: tf.Tensor[] },
  gradFunc: Gradient,
): (x: tf.Tensor) => tf.Tensor {
  const function_ = tf.customGrad((x, save) => {
    const { value, saved } = compute(x as tf.Tensor);
    (save as tf.GradSaveFunc)(saved);
    return { value, gradFunc };
  });
  return (x) => function_(x);
}

/** y = x s with s = sigmoid(x); dy/dx = s + y (1 - s) (Elfwing, Uchibe, Doya 2017). */
export const silu = differentiable(
  (x) => {
    const s = tf.sigmoid(x);
    const value = tf.mul(x, s);
    return { value, saved: [s, value] };
  },
  (dy, saved) => {
    const [s, y] = saved as [tf.Tensor, tf.Tensor];
    return tf.mul(dy, tf.add(s, tf.mul(y, tf.sub(1, s))));
  },
);

/** y = x P with P = (1 + erf(x / sqrt(2))) / 2; dy/dx = P + x exp(-x^2 / 2) / sqrt(2 pi) (Hendrycks and Gimpel 2016). */
export const gelu = differentiable(
  (x) => {
    const below = tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
    return { value: tf.mul(x, below), saved: [x, below] };
  },
  (dy, saved) => {
    const [x, below] = saved as [tf.Tensor, tf.Tensor];
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.mul(dy, tf.add(below, tf.mul(x, density)));
  },
);

/** h = relu6(x + 3) / 6; dh/dx = 1/6 where 0 < h < 1, otherwise 0 (Howard et al. 2019). */
export const hardSigmoid = differentiable(
  (x) => {
    const value = clipped(x);
    return { value, saved: [value] };
  },
  (dy, [h]) => tf.mul(dy, tf.mul(rising(h as tf.Tensor), 1 / 6)),
);

/** y = x h with h = relu6(x + 3) / 6; dy/dx = h + (h - 1/2) where 0 < h < 1, otherwise h (Howard et al. 2019). */
export const hardSwish = differentiable(
  (x) => {
    const h = clipped(x);
    return { value: tf.mul(x, h), saved: [h] };
  },
  (dy, saved) => {
    const [h] = saved as [tf.Tensor];
    return tf.mul(dy, tf.add(h, tf.mul(tf.sub(h, 0.5), rising(h))));
  },
);

function clipped(x: tf.Tensor): tf.Tensor {
  return tf.clipByValue(tf.add(tf.mul(x, 1 / 6), 0.5), 0, 1);
}

/** 1 where 0 < h < 1, otherwise 0. */
function rising(h: tf.Tensor): tf.Tensor {
  return tf.step(tf.mul(h, tf.sub(1, h)));
}
