// Activations besides ReLU. All are saved as standard layers of tfjs; SiLU and GELU have gradients of fewer operations than theirs.

import type { ActivationKind } from "../network/graph.js";
import tf from "../tfjs-core.cjs";
import layers from "../tfjs-layers.cjs";
import { gelu, silu } from "./activations.js";
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
