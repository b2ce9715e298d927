// A model and its training settings -> the variables that persist between steps.

import * as tf from "@tensorflow/tfjs-core";
import type { TrainingSpec } from "../config/experiment-spec.js";
import type { Model } from "../model/build-model.js";
import { isLearned, type WeightRole } from "../network/weights.js";
import type { Optimizer } from "./optimizer.js";
import { averageName, slotName } from "./state-names.js";

/** The model's weights, the optimizer's slots of those that are learned, and the averages of those that change, if there are any. */
export function stateOf(
  model: Model,
  optimizer: Optimizer,
  { ema }: Pick<TrainingSpec, "ema">,
): Map<string, tf.Variable> {
  const changing = ema === "off" ? [] : weightsOf(model).filter(({ role }) => role !== "random");
  const added = [
    ...learnedWeights(model).flatMap(({ name, weight }) =>
      optimizer.slots.map((slot) => ({ name: slotName(name, slot), weight })),
    ),
    ...changing.map(({ name, weight }) => ({ name: averageName(name), weight })),
  ];
  return new Map([
    ...model.weights,
    ...added.map(({ name, weight }) => [name, zeros(weight.shape)] as const),
  ]);
}

function zeros(shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape), false));
}

export interface ModelWeight {
  readonly name: string;
  readonly weight: tf.Variable;
  readonly role: WeightRole;
}

/** The weights that are trained with their gradients, in the order of the layers. */
export function learnedWeights(model: Model): ModelWeight[] {
  return weightsOf(model).filter(({ role }) => isLearned(role));
}

function weightsOf({ weights, roles }: Model): ModelWeight[] {
  return Array.from(weights, ([name, weight]) => ({ name, weight, role: roles.get(name) as WeightRole }));
}
