// A dropout layer that receives its random numbers, so that they can be seeded and passed to a compiled step.

import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { onlyTensor } from "./layer-arguments.js";

const stock = layers.layers.dropout({ rate: 0.5 });
const StockDropout = stock.constructor as new (config: object) => typeof stock;

/** Saved as the standard Dropout layer. */
export class NoiseDropout extends StockDropout {
  static readonly className = "Dropout";
  #noise: tf.Tensor | null = null;

  constructor(
    name: string,
    private readonly keepAbove: number,
    /** The number of random numbers per image. */
    readonly size: number,
    /** Whether whole images are kept or dropped; the size is 1. */
    private readonly isByImage = false,
  ) {
    super({ name, rate: keepAbove, ...(isByImage && { noiseShape: [null, 1, 1, 1] }) });
  }

  /** Uniform random numbers in [0, 1) for the next call during training: [batch, size]. */
  setNoise(noise: tf.Tensor): void {
    this.#noise = noise;
  }

  /** During training, x / (1 - rate) if the noise is at least the rate, and 0 otherwise. The identity outside of training. */
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor | tf.Tensor[] {
    const x = onlyTensor(inputs);
    if (kwargs.training !== true) return tf.clone(x);
    const noise = this.#noise;
    if (!noise) throw new Error(`${this.name}: no noise was set`);
    return tf.tidy(() => {
      const shape = this.isByImage ? x.shape.map((size, axis) => (axis === 0 ? size : 1)) : x.shape;
      const kept = tf.cast(tf.greaterEqual(tf.reshape(noise, shape), this.keepAbove), "float32");
      return tf.mul(x, tf.mul(kept, 1 / (1 - this.keepAbove)));
    });
  }
}
