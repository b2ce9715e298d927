// Pooling with the same padding on each side, which no layer of tfjs has. Loading a model with it requires this class.

import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { onlyShape, onlyTensor } from "./layer-arguments.js";
import { type PaddedNode, paddingOf, sideOf } from "./padding.js";

interface PaddedPoolConfig {
  /** Maxima and averages do not include the padding. */
  readonly kind: "max" | "avg";
  readonly kernel: number;
  readonly stride: number;
  /** Pixels on each side. */
  readonly padding: number;
}

class PaddedPool extends layers.layers.Layer {
  static readonly className = "SqueezeboxPaddedPool";

  constructor(
    name: string,
    private readonly config: PaddedPoolConfig,
  ) {
    super({ name });
  }

  override computeOutputShape(inputShape: layers.Shape | layers.Shape[]): layers.Shape {
    const [batch, height, width, channels] = onlyShape(inputShape) as [number | null, number, number, number];
    const { kernel, stride, padding } = this.config;
    const count = (size: number) => Math.floor((size + 2 * padding - kernel) / stride) + 1;
    return [batch, count(height), count(width), channels] as layers.Shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { kind, kernel, stride, padding } = this.config;
    const x = onlyTensor<tf.Tensor4D>(inputs);
    const pool = kind === "max" ? tf.maxPool : tf.avgPool;
    return tf.tidy(() => pool(x, kernel, stride, padding, "floor"));
  }

  override getConfig() {
    return { ...super.getConfig(), ...this.config };
  }
}

type PoolNode = PaddedNode & { readonly kernel: number };

/** The layer of a pool: a standard one, unless its padding is symmetric and that differs from `same`. */
export function poolLayer(node: PoolNode, kind: "max" | "avg"): layers.layers.Layer {
  const { name, kernel, stride } = node;
  const { around, padding } = paddingOf(node, [kernel, kernel]);
  if (around.length > 0) return new PaddedPool(name, { kind, kernel, stride, padding: sideOf(kernel) });
  const standard = { name, poolSize: kernel, strides: stride, padding };
  return kind === "max" ? layers.layers.maxPooling2d(standard) : layers.layers.averagePooling2d(standard);
}
