// The BatchNormalization layer of tfjs, with custom kernels during training. It is saved as the standard layer, so that an
// exported model loads anywhere.

import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { batchNormTrain } from "./batch-norm-kernels.js";
import { onlyTensor } from "./layer-arguments.js";

const stock = layers.layers.batchNormalization({});
const StockBatchNormalization = stock.constructor as new (config: object) => typeof stock;

interface BatchNormalizationConfig {
  readonly name: string;
  readonly epsilon: number;
  readonly momentum: number;
  /** Whether it also uses its moving statistics during training, and leaves them as they are. */
  readonly frozen: boolean;
}

class BatchNormalization extends StockBatchNormalization {
  static readonly className = "BatchNormalization";
  readonly #config: BatchNormalizationConfig;

  constructor({ frozen, ...stockConfig }: BatchNormalizationConfig) {
    super(stockConfig);
    this.#config = { frozen, ...stockConfig };
  }

  /** Uses batch statistics and updates the moving statistics during training unless frozen; otherwise uses the moving statistics. */
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor | tf.Tensor[] {
    const given = onlyTensor(inputs);
    // Vectors are images of one pixel, for which there are kernels.
    const [batch, channels] = given.shape as [number, number];
    const x = given.rank === 2 ? tf.reshape(given, [batch, 1, 1, channels]) : given;
    const trains = kwargs.training === true && !this.#config.frozen;
    const y = trains ? this.#train(x) : (super.call(x, { training: false }) as tf.Tensor);
    return given.rank === 2 ? tf.reshape(y, given.shape) : y;
  }

  #train(x: tf.Tensor): tf.Tensor {
    const { epsilon, momentum } = this.#config;
    const [gamma, beta, movingMean, movingVariance] = this.weights as [
      layers.LayerVariable,
      layers.LayerVariable,
      layers.LayerVariable,
      layers.LayerVariable,
    ];
    return tf.tidy(() => {
      const [y, mean, variance] = batchNormTrain(x, gamma.read(), beta.read(), epsilon);
      for (const [variable, value] of [
        [movingMean, mean],
        [movingVariance, variance],
      ] as const)
        variable.write(tf.add(tf.mul(variable.read(), momentum), tf.mul(value, 1 - momentum)));
      return y;
    });
  }
}

export function batchNormalization(config: BatchNormalizationConfig): layers.layers.Layer {
  return new BatchNormalization(config);
}
