// The gradients of all weights -> those that the optimizer uses.

import * as tf from "@tensorflow/tfjs-core";

/** As torch.nn.utils.clip_grad_norm_: scales all gradients so that the L2 norm of all of their elements is at most `norm`. */
export function clipped(gradients: readonly tf.Tensor[], norm: number): tf.Tensor[] {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const found = tf.sqrt(tf.addN(squares));
  const factor = tf.minimum(1, tf.div(norm, tf.add(found, 1e-6)));
  return gradients.map((gradient) => tf.mul(gradient, factor));
}
