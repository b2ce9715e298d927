// tfjs passes a layer one shape or tensor, or a list with one of them.

import type * as tf from "@tensorflow/tfjs-core";
import type * as layers from "@tensorflow/tfjs-layers";

export function onlyShape(shape: layers.Shape | layers.Shape[]): layers.Shape {
  return (Array.isArray(shape[0]) ? shape[0] : shape) as layers.Shape;
}

export function onlyTensor<Kind extends tf.Tensor = tf.Tensor>(inputs: tf.Tensor | tf.Tensor[]): Kind {
  return (Array.isArray(inputs) ? inputs[0] : inputs) as Kind;
}
