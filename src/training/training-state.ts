// A model and its training settings -> the variables that persist between steps.

import type { TrainingSpec } from "../config/experiment-spec.js";
import type { Model } from "../model/build-model.js";
import { isTrained, type Weight, type WeightRole } from "../network/weights.js";
import tf from "../tfjs-core.cjs";
import type { Optimizer } from "./optimizer.js";
import { averageName, gradientSumName, slotName } from "./state-names.js";

/**
 * The model's weights; for those that are learned, the optimizer's slots and, if gradients are accumulated, their sums; the
 * averages of those that change, if weights are averaged.
 */
export function stateOf(
  model: Model,
  optimizer: Optimizer,
  { ema, accumulate }: Pick<TrainingSpec, "ema" | "accumulate">,
): Map<string, tf.Variable> {
  const changing =
    ema === "off" ? [] : weightsOf(model).filter(({ role, frozen }) => role !== "random" && !frozen);
  const learned = learnedWeights(model);
  const added = [
    ...learned.flatMap(({ name, weight }) =>
      optimizer.slots.map((slot) => ({ name: slotName(name, slot), weight })),
    ),
    ...(accumulate > 1 ? learned : []).map(({ name, weight }) => ({ name: gradientSumName(name), weight })),
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
  readonly frozen?: true;
}

/** The weights that are trained with their gradients, in the order of the layers. */
export function learnedWeights(model: Model): ModelWeight[] {
  return weightsOf(model).filter(isTrained);
}

function weightsOf({ weights, declared }: Model): ModelWeight[] {
  return Array.from(weights, ([name, weight]) => {
    const { role, frozen } = declared.get(name) as Weight;
    return { name, weight, role, ...(frozen ? { frozen } : {}) };
  });
}
