// Tells this project's own layers from those of TensorFlow.js.

import type { layers } from "@tensorflow/tfjs-layers";

/** Whether stock TensorFlow.js lacks a layer. Layers that are saved as standard ones have the class names of tfjs. */
export function isOwnLayer(layer: layers.Layer): boolean {
  return layer.getClassName().startsWith("Squeezebox");
}
