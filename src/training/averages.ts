// The exponential moving averages of a model's weights and moving statistics, which are evaluated in place of the weights.

import type { Model } from "../model/build-model.js";
import type { State } from "../runtime/program.js";
import tf from "../tfjs-core.cjs";
import { averageName, isWeight } from "./state-names.js";

/** The name of the input with the share of the new weights in the averages. */
export const AVERAGE_SHARE = "average_share";

/**
 * The share at a step (from 1): 1 - min(decay, (1 + step) / (10 + step)), as in the ExponentialMovingAverage of TensorFlow with
 * `num_updates`.
 */
export function averageShareAt(step: number, decay: number): number {
  return 1 - Math.min(decay, (1 + step) / (10 + step));
}

/** All weights that change during training, with their averages in `state`. None if `state` has no averages. */
function averagesIn({ weights }: Model, state: ReadonlyMap<string, tf.Variable>) {
  return Array.from(weights).flatMap(([name, weight]) => {
    const average = state.get(averageName(name));
    return average === undefined ? [] : [{ weight, average }];
  });
}

/** average = average + share (weight - average), as torch.optim.swa_utils.AveragedModel does with `use_buffers`. */
export function updateAverages(
  model: Model,
  state: ReadonlyMap<string, tf.Variable>,
  share: tf.Tensor,
): void {
  for (const { weight, average } of averagesIn(model, state))
    average.assign(tf.add(average, tf.mul(tf.sub(weight, average), share)));
}

/** Computes something with the averages in place of the weights, which stay as they are. */
export function withAverages<Result>(
  model: Model,
  state: ReadonlyMap<string, tf.Variable>,
  compute: () => Result,
): Result {
  const replaced = averagesIn(model, state).map((pair) => ({ ...pair, own: tf.clone(pair.weight) }));
  for (const { weight, average } of replaced) weight.assign(average);
  const result = compute();
  for (const { weight, own } of replaced) weight.assign(own);
  return result;
}

/** The weights and moving statistics that are evaluated, by the names of the weights: their averages, if there are any. */
export function evaluatedWeights(state: State): State {
  return new Map(
    Array.from(state)
      .filter(([name]) => isWeight(name))
      .map(([name, values]) => [name, state.get(averageName(name)) ?? values]),
  );
}

/** The same weights by the names under which `known` has what is evaluated. */
export function asEvaluated(weights: State, known: ReadonlyMap<string, unknown>): State {
  return new Map(
    Array.from(weights, ([name, values]) => [
      known.has(averageName(name)) ? averageName(name) : name,
      values,
    ]),
  );
}

/** Adds the averages in `known` to the initial values of the weights, which they start from. */
export function withInitialAverages(initial: State, known: ReadonlyMap<string, unknown>): State {
  const averages = Array.from(initial).filter(([name]) => known.has(averageName(name)));
  return new Map([...initial, ...averages.map(([name, values]) => [averageName(name), values] as const)]);
}
