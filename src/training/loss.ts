// Labels and logits -> the loss that training minimises.

import tf from "../tfjs-core.cjs";

/** Mean over the batch of -sum(target log softmax(logits)) with target = (1 - smoothing) label + smoothing / classes. */
export function softmaxCrossEntropy(labels: tf.Tensor, logits: tf.Tensor, smoothing: number): tf.Scalar {
  return tf.losses.softmaxCrossEntropy(labels, logits, undefined, smoothing, tf.Reduction.MEAN) as tf.Scalar;
}

/**
 * Sum over the batch and the classes of -w_c target_c log softmax(logits)_c, divided by the sum of the weights of the images'
 * classes, as in PyTorch's cross_entropy with `weight` and `label_smoothing`. The weight of a soft label is the mean of those of
 * its classes; PyTorch divides by the number of images instead if labels are soft.
 */
export function weightedCrossEntropy(
  labels: tf.Tensor,
  logits: tf.Tensor,
  { smoothing, weights }: { smoothing: number; weights: Float32Array },
): tf.Scalar {
  const classWeights = tf.tensor1d(weights);
  const target = smoothing > 0 ? tf.add(tf.mul(labels, 1 - smoothing), smoothing / weights.length) : labels;
  const terms = tf.mul(tf.mul(target, classWeights), tf.logSoftmax(logits as tf.Tensor2D));
  return tf.neg(tf.div(tf.sum(terms), tf.sum(tf.mul(labels, classWeights)))) as tf.Scalar;
}
