// The gradients of all weights -> those that the optimizer uses.

import tf from "../tfjs-core.cjs";

/** As torch.nn.utils.clip_grad_norm_: scales all gradients so that the L2 norm of all of their elements is at most `norm`. */
export function clipped(gradients: readonly tf.Tensor[], norm: number): tf.Tensor[] {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const found = tf.sqrt(tf.addN(squares));
  const factor = tf.minimum(1, tf.div(norm, tf.add(found, 1e-6)));
  return gradients.map((gradient) => tf.mul(gradient, factor));
}

/** The names of the inputs with the factors of `summed`. */
export const SUM_FACTOR = "sum_factor";
export const GRADIENT_FACTOR = "gradient_factor";

/** sum_factor sum + gradient_factor gradient, for each weight. With a sum_factor of 0, the sum begins anew. */
export function summed(
  gradients: readonly tf.Tensor[],
  sums: readonly tf.Tensor[],
  factors: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor[] {
  const [sumFactor, gradientFactor] = [
    factors[SUM_FACTOR] as tf.Tensor,
    factors[GRADIENT_FACTOR] as tf.Tensor,
  ];
  return gradients.map((gradient, index) =>
    tf.add(tf.mul(sums[index] as tf.Tensor, sumFactor), tf.mul(gradient, gradientFactor)),
  );
}
