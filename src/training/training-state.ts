// What persists between steps beside the weights of a model: its names, its variables, how it starts, and which weights are evaluated.

import * as tf from "@tensorflow/tfjs-core";
import type { Model } from "../model/build-model.js";
import { isLearned, type WeightRole } from "../network/weights.js";
import type { Optimizer } from "./optimizer.js";

/** Every variable that persists between steps: the model's weights, and the optimizer's slots of the trainable ones. */
export function stateOf(model: Model, optimizer: Optimizer): Map<string, tf.Variable> {
  const state = new Map(model.weights);
  for (const { name, weight } of learnedWeights(model)) {
    for (const slot of optimizer.slots)
      state.set(
        slotName(name, slot),
        tf.tidy(() => tf.variable(tf.zeros(weight.shape), false)),
      );
  }
  return state;
}

export interface LearnedWeight {
  readonly name: string;
  readonly weight: tf.Variable;
  readonly role: WeightRole;
}

/** The weights that are trained with their gradients, in the order of the layers. */
export function learnedWeights({ weights, roles }: Model): LearnedWeight[] {
  return Array.from(weights, ([name, weight]) => ({
    name,
    weight,
    role: roles.get(name) as WeightRole,
  })).filter(({ role }) => isLearned(role));
}

export function slotName(weight: string, slot: string): string {
  return `${weight}:${slot}`;
}
