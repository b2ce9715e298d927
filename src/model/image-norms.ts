// GroupNorm and LayerNorm: normalisation of each image by itself.

import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { ImageLayer } from "./image-layers.js";
import { onlyShape, onlyTensor } from "./layer-arguments.js";

/**
 * (x - mean) / sqrt(variance + epsilon), mean and variance (biased) over `axes`. With y the result, s = 1 / sqrt(variance + epsilon) and
 * means over the same axes, the gradient is s (dy - mean(dy) - y mean(dy y)) (Ioffe and Szegedy 2015, section 3).
 */
function normalised(x: tf.Tensor, axes: number[], epsilon: number): tf.Tensor {
  return tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    const centred = tf.sub(x, tf.mean(x, axes, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), epsilon));
    const value = tf.mul(centred, scale);
    (save as tf.GradSaveFunc)([value, scale]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [y, scale] = saved as [tf.Tensor, tf.Tensor];
        const along = tf.mul(y, tf.mean(tf.mul(dy, y), axes, true));
        return tf.mul(tf.sub(tf.sub(dy, tf.mean(dy, axes, true)), along), scale);
      },
    };
  })(x);
}

/** Over the pixels and the channels of each group of an image or a vector. gamma and beta: [C] (Wu and He 2018). */
export class GroupNormalization extends ImageLayer {
  static readonly className = "SqueezeboxGroupNormalization";
  #gamma: layers.LayerVariable | null = null;
  #beta: layers.LayerVariable | null = null;

  constructor(
    name: string,
    private readonly groups: number,
    private readonly epsilon: number,
  ) {
    super({ name });
  }

  override build(inputShape: layers.Shape | layers.Shape[]): void {
    const channels = onlyShape(inputShape).at(-1) as number;
    this.#gamma = this.addWeight("gamma", [channels], "float32", layers.initializers.ones());
    this.#beta = this.addWeight("beta", [channels], "float32", layers.initializers.zeros());
    this.built = true;
  }

  protected shapeOf(shape: layers.Shape): layers.Shape {
    return shape;
  }

  protected compute(x: tf.Tensor): tf.Tensor {
    const channels = x.shape.at(-1) as number;
    const [batch] = x.shape as [number];
    const pixels = x.size / (batch * channels);
    const grouped = tf.reshape(x, [batch, pixels, this.groups, channels / this.groups]);
    const y = tf.reshape(normalised(grouped, [1, 3], this.epsilon), x.shape);
    return tf.add(tf.mul(y, this.#gamma?.read() as tf.Tensor), this.#beta?.read() as tf.Tensor);
  }

  override getConfig() {
    return { ...super.getConfig(), groups: this.groups, epsilon: this.epsilon };
  }
}

const stock = layers.layers.layerNormalization({});
const StockLayerNormalization = stock.constructor as new (config: object) => typeof stock;

/** Over the channels of each pixel (Ba, Kiros, Hinton 2016). Saved as tfjs' standard layer. */
export class LayerNormalization extends StockLayerNormalization {
  static readonly className = "LayerNormalization";

  constructor(
    name: string,
    private readonly added: number,
  ) {
    super({ name, axis: -1, epsilon: added });
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const [gamma, beta] = this.trainableWeights as [layers.LayerVariable, layers.LayerVariable];
      const y = normalised(x, [x.rank - 1], this.added);
      return tf.add(tf.mul(y, gamma.read()), beta.read());
    });
  }
}
