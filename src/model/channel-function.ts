// Functions that keep the shape of an image and are not standard layers of tfjs. A saved model with one of them needs this class.

import type { ChannelFunction } from "../network/graph.js";
import { CHANNEL_WEIGHTS, isLearned } from "../network/weights.js";
import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { hardSigmoid, hardSwish } from "./activations.js";
import { onlyShape, onlyTensor } from "./layer-arguments.js";

/** x: [batch, height, width, C]; weights: those of CHANNEL_WEIGHTS, each [C]. */
type Formula = (x: tf.Tensor, weights: Readonly<Record<string, tf.Tensor>>) => tf.Tensor;

const EPSILON = 1e-5;
/** SimAM's lambda. */
const LAMBDA = 1e-4;

const FORMULAS: { readonly [Kind in ChannelFunction]: Formula } = {
  /**
   * x (1 + tanh(gamma s + beta)), s = sqrt(C) e / |e|, e = alpha |x| with the norm over the pixels (Yang et al. 2020). Initially
   * the identity: alpha is 1, gamma and beta are 0.
   */
  gct: (x, { alpha, gamma_gate, beta_gate }) => {
    const norms = tf.sqrt(tf.add(tf.sum(tf.square(x), [1, 2], true), EPSILON));
    const embedding = tf.mul(norms, alpha as tf.Tensor);
    const scale = tf.sqrt(tf.add(tf.mean(tf.square(embedding), 3, true), EPSILON));
    const gate = tf.tanh(
      tf.add(tf.mul(tf.div(embedding, scale), gamma_gate as tf.Tensor), beta_gate as tf.Tensor),
    );
    return tf.mul(x, tf.add(gate, 1));
  },
  /**
   * x sigmoid((x - mu)^2 / (4 (sum (x - mu)^2 / n + lambda)) + 1/2), where mu is the mean over the pixels and n = H W - 1
   * (Yang et al. 2021).
   */
  simam: (x) => {
    const [, height, width] = x.shape as [number, number, number, number];
    const squares = tf.square(tf.sub(x, tf.mean(x, [1, 2], true)));
    const variance = tf.div(tf.sum(squares, [1, 2], true), Math.max(1, height * width - 1));
    const energy = tf.div(squares, tf.mul(tf.add(variance, LAMBDA), 4));
    return tf.mul(x, tf.sigmoid(tf.add(energy, 0.5)));
  },
  "hard-sigmoid": hardSigmoid,
  "hard-swish": hardSwish,
  "plus-one": (x) => tf.add(x, 1),
  /** x times a learned factor per channel, initially 1. */
  factors: (x, { factor }) => tf.mul(x, factor as tf.Tensor),
  /** x times a random factor per channel, uniform between 0 and 1, not learned. */
  "random-factors": (x, { random_factor }) => tf.mul(x, random_factor as tf.Tensor),
  /** Replaces each image by the next one in the batch, and the last by the first. */
  "next-image": (x) => {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    if (batch === 1) return tf.clone(x);
    const first = tf.slice(x, [0, 0, 0, 0], [1, height, width, channels]);
    return tf.concat([tf.slice(x, [1, 0, 0, 0], [batch - 1, height, width, channels]), first], 0);
  },
};

export class ChannelFunctionLayer extends layers.layers.Layer {
  static readonly className = "SqueezeboxChannelFunction";
  readonly #variables: Record<string, layers.LayerVariable> = {};

  constructor(
    name: string,
    private readonly kind: ChannelFunction,
  ) {
    super({ name });
  }

  override build(inputShape: layers.Shape | layers.Shape[]): void {
    const shape = onlyShape(inputShape);
    for (const [name, role] of Object.entries(CHANNEL_WEIGHTS[this.kind]))
      this.#variables[name] = this.addWeight(
        name,
        [shape.at(-1) as number],
        "float32",
        layers.initializers.zeros(),
        undefined,
        isLearned(role),
      );
    this.built = true;
  }

  override computeOutputShape(inputShape: layers.Shape | layers.Shape[]): layers.Shape | layers.Shape[] {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyTensor(inputs);
      const weights = Object.fromEntries(
        Object.entries(this.#variables).map(([name, variable]) => [name, variable.read()]),
      );
      return FORMULAS[this.kind](x, weights);
    });
  }

  override getConfig() {
    return { ...super.getConfig(), kind: this.kind };
  }
}
