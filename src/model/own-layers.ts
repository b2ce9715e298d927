// Which layers are this project's own.

import type { layers } from "@tensorflow/tfjs-layers";

/** Whether stock TensorFlow.js lacks a layer; those that it has under the same name and configuration keep tfjs' class names. */
export function isOwnLayer(layer: layers.Layer): boolean {
  return layer.getClassName().startsWith("Squeezebox");
}
