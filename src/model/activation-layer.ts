// Activations besides ReLU. All are saved as standard layers of tfjs; SiLU and GELU have gradients of fewer operations than theirs.

import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import type { ActivationKind } from "../network/graph.js";
import { onlyTensor } from "./layer-arguments.js";

/** The slope below 0, as in PyTorch. */
const LEAKY_SLOPE = 0.01;

export function activationLayer(name: string, kind: ActivationKind): layers.layers.Layer {
  return kind === "leaky-relu"
    ? layers.layers.leakyReLU({ name, alpha: LEAKY_SLOPE })
    : new Activation(name, kind);
}

type Kind = Exclude<ActivationKind, "leaky-relu">;

const FORMULAS: { readonly [Name in Kind]: (x: tf.Tensor) => tf.Tensor } = {
  relu6: tf.relu6,
  silu,
  gelu,
};

/** The names in tfjs. */
const STANDARD: { readonly [Name in Kind]: "relu6" | "swish" | "gelu" } = {
  relu6: "relu6",
  silu: "swish",
  gelu: "gelu",
};

const stock = layers.layers.activation({ activation: "relu" });
const StockActivation = stock.constructor as new (config: object) => typeof stock;

class Activation extends StockActivation {
  static readonly className = "Activation";

  constructor(
    name: string,
    private readonly kind: Kind,
  ) {
    super({ name, activation: STANDARD[kind] });
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => FORMULAS[this.kind](onlyTensor(inputs)));
  }
}

/** y = x s with s = sigmoid(x); dy/dx = s + y (1 - s) (Elfwing et al. 2017). */
const differentiableSilu = tf.customGrad((x, save) => {
  const input = x as tf.Tensor;
  const sigmoid = tf.sigmoid(input);
  const value = tf.mul(input, sigmoid);
  (save as tf.GradSaveFunc)([sigmoid, value]);
  return {
    value,
    gradFunc: (dy: tf.Tensor, [s, y]: tf.Tensor[]) => {
      const slope = tf.add(s as tf.Tensor, tf.mul(y as tf.Tensor, tf.sub(1, s as tf.Tensor)));
      return tf.mul(dy, slope);
    },
  };
});

function silu(x: tf.Tensor): tf.Tensor {
  return differentiableSilu(x);
}

/** y = x P with P = (1 + erf(x / sqrt(2))) / 2; dy/dx = P + x exp(-x^2 / 2) / sqrt(2 pi) (Hendrycks and Gimpel 2016). */
const differentiableGelu = tf.customGrad((x, save) => {
  const input = x as tf.Tensor;
  const below = tf.add(tf.mul(tf.erf(tf.mul(input, Math.SQRT1_2)), 0.5), 0.5);
  (save as tf.GradSaveFunc)([input, below]);
  return {
    value: tf.mul(input, below),
    gradFunc: (dy: tf.Tensor, [x, below]: tf.Tensor[]) => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x as tf.Tensor), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(below as tf.Tensor, tf.mul(x as tf.Tensor, density)));
    },
  };
});

function gelu(x: tf.Tensor): tf.Tensor {
  return differentiableGelu(x);
}
