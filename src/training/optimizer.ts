// Optimizers as tfjs expressions that compute the new values of a weight and of its slots from its gradient.

import type { OptimizerSpec } from "../config/experiment-spec.js";
import type { WeightRole } from "../network/weights.js";
import tf from "../tfjs-core.cjs";

export interface Optimizer {
  /** Name suffixes of the state that is kept per weight, initially zero. */
  readonly slots: readonly string[];
  /** Names of the scalar inputs that depend on the step. */
  readonly scalars: readonly string[];
  /** The values of these scalars at a step (from 1). */
  scalarValues(step: number): Readonly<Record<string, number>>;
  /** Assigns to the weight and its slots. */
  update(parts: UpdateParts): void;
}

export interface UpdateParts {
  readonly weight: tf.Variable;
  readonly gradient: tf.Tensor;
  readonly slots: Readonly<Record<string, tf.Variable>>;
  readonly learningRate: tf.Tensor;
  readonly scalars: Readonly<Record<string, tf.Tensor>>;
  /** Decides whether weight decay applies. */
  readonly role: WeightRole;
}

export function createOptimizer(spec: OptimizerSpec): Optimizer {
  return spec.name === "sgd" ? sgd(spec) : adam(spec);
}

/** Whether weight decay applies to weights of this role. */
function decays({ weightDecay, decayNormAndBias }: OptimizerSpec, role: WeightRole): boolean {
  return weightDecay > 0 && (decayNormAndBias || role === "kernel");
}

/** v = momentum v + g; w = w - lr v, or with Nesterov w = w - lr (g + momentum v). Weight decay is added to g. */
function sgd(spec: Extract<OptimizerSpec, { name: "sgd" }>): Optimizer {
  const { momentum, nesterov, weightDecay } = spec;
  return {
    slots: momentum > 0 ? ["velocity"] : [],
    scalars: [],
    scalarValues: () => ({}),
    update: ({ weight, gradient, slots, learningRate, role }) => {
      const g = decays(spec, role) ? tf.add(tf.mul(weight, weightDecay), gradient) : gradient;
      const { velocity } = slots;
      if (!velocity) {
        weight.assign(tf.sub(weight, tf.mul(g, learningRate)));
        return;
      }
      const v = tf.add(tf.mul(velocity, momentum), g);
      const direction = nesterov ? tf.add(tf.mul(v, momentum), g) : v;
      velocity.assign(v);
      weight.assign(tf.sub(weight, tf.mul(direction, learningRate)));
    },
  };
}

/**
 * m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w = w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
 * (Kingma and Ba 2015). AdamW (Loshchilov and Hutter 2019) subtracts lr weightDecay w from the weight instead of adding
 * weightDecay w to g. The moments are stored as m / (1 - b1) and v / (1 - b2), so that updating a moment takes one pass over
 * the weights. The remaining constants are combined into two scalars per step.
 */
function adam(spec: Extract<OptimizerSpec, { name: "adam" | "adamw" }>): Optimizer {
  const { name, beta1, beta2, epsilon, weightDecay } = spec;
  return {
    slots: ["first_moment", "second_moment"],
    scalars: ["step_size", "step_epsilon"],
    scalarValues: (step) => {
      const deviation = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
      return { step_size: (1 - beta1) / (1 - beta1 ** step) / deviation, step_epsilon: epsilon / deviation };
    },
    update: ({ weight, gradient, slots, learningRate, scalars, role }) => {
      const isDecayed = decays(spec, role);
      const g = isDecayed && name === "adam" ? tf.add(tf.mul(weight, weightDecay), gradient) : gradient;
      const [first, second] = [slots.first_moment as tf.Variable, slots.second_moment as tf.Variable];
      const m = tf.add(tf.mul(first, beta1), g);
      const v = tf.add(tf.mul(second, beta2), tf.square(g));
      const direction = tf.div(m, tf.add(tf.sqrt(v), scalars.step_epsilon as tf.Tensor));
      const kept =
        isDecayed && name === "adamw" ? tf.mul(weight, tf.sub(1, tf.mul(learningRate, weightDecay))) : weight;
      first.assign(m);
      second.assign(v);
      weight.assign(tf.sub(kept, tf.mul(direction, tf.mul(learningRate, scalars.step_size as tf.Tensor))));
    },
  };
}
