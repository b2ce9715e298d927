// A model and its training settings -> the functions that an engine runs: a training step and an evaluation.

import type { layers } from "@tensorflow/tfjs-layers";
import type { TrainingSpec } from "../config/experiment-spec.js";
import type { Model } from "../model/build-model.js";
import type { Products, StepFunction } from "../runtime/program.js";
import tf from "../tfjs-core.cjs";
import { AVERAGE_SHARE, updateAverages, withAverages } from "./averages.js";
import { clipped, GRADIENT_FACTOR, SUM_FACTOR, summed } from "./gradients.js";
import { softmaxCrossEntropy, weightedCrossEntropy } from "./loss.js";
import type { Optimizer } from "./optimizer.js";
import { gradientSumName, slotName } from "./state-names.js";
import { learnedWeights, type ModelWeight } from "./training-state.js";

export interface BatchShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: number;
}

export interface StepParts {
  readonly optimizer: Optimizer;
  readonly state: ReadonlyMap<string, tf.Variable>;
  readonly shape: BatchShape;
  readonly training: Pick<TrainingSpec, "labelSmoothing" | "clipNorm" | "ema" | "accumulate" | "precision">;
  /** One weight per class; null if all are equal. */
  readonly classWeights: Float32Array | null;
}

type Inputs = Readonly<Record<string, tf.Tensor>>;

/**
 * Inputs: images [batch, height, width, channels], labels [batch, classes] (the shares of the classes), learning_rate [], the
 * optimizer's scalars [], average_share [] if weights are averaged, sum_factor [] and gradient_factor [] if gradients are
 * accumulated, and noise:<layer> [batch, units] for each dropout layer. Returns loss [] (mean over the batch) and logits
 * [batch, classes], both before the update.
 */
export function trainingStep(model: Model, parts: StepParts): StepFunction {
  const { optimizer, state, shape, training } = parts;
  const weights = learnedWeights(model);
  return {
    name: `training of ${shape.batch}`,
    products: productsOf(training),
    inputs: {
      ...batchInputs(model, parts),
      learning_rate: [],
      ...Object.fromEntries(optimizer.scalars.map((name) => [name, []])),
      ...(training.ema === "off" ? {} : { [AVERAGE_SHARE]: [] }),
    },
    layers: model.layersModel.layers,
    run: (inputs) => {
      const { loss, logits, gradients } = lossAndGradients(model, inputs, { ...parts, weights });
      const whole =
        training.accumulate > 1 ? summed(gradients, gradientSums(weights, state), inputs) : gradients;
      const used = training.clipNorm === "off" ? whole : clipped(whole, training.clipNorm);
      updateWeights(weights, used, { ...parts, inputs });
      if (training.ema !== "off") updateAverages(model, state, inputs[AVERAGE_SHARE] as tf.Tensor);
      return { loss, logits };
    },
  };
}

/**
 * The step of a batch that is not the last of its group: adds to the sums of the gradients. Inputs as above, without those for
 * updating weights and averages; the same results.
 */
export function accumulatingStep(model: Model, parts: StepParts): StepFunction {
  const { state, shape, training } = parts;
  const weights = learnedWeights(model);
  return {
    name: `accumulation of ${shape.batch}`,
    products: productsOf(training),
    inputs: batchInputs(model, parts),
    layers: model.layersModel.layers,
    run: (inputs) => {
      const { loss, logits, gradients } = lossAndGradients(model, inputs, { ...parts, weights });
      const sums = gradientSums(weights, state);
      for (const [index, sum] of summed(gradients, sums, inputs).entries()) sums[index]?.assign(sum);
      return { loss, logits };
    },
  };
}

/**
 * Input: images. Returns logits [batch, classes]. BatchNorm uses its moving statistics. If `state` has averages of weights and
 * moving statistics, they are used.
 */
export function evaluationStep(
  model: Model,
  { shape, state }: Pick<StepParts, "shape" | "state">,
): StepFunction {
  return {
    name: `evaluation of ${shape.batch}`,
    inputs: imageInput(shape),
    layers: model.layersModel.layers,
    run: (inputs) => ({
      logits: withAverages(
        model,
        state,
        () => model.layersModel.apply(inputs.images as tf.Tensor, { training: false }) as tf.Tensor,
      ),
    }),
  };
}

function productsOf({ precision }: Pick<TrainingSpec, "precision">): Products {
  return precision === "mixed" ? "bfloat16" : "float32";
}

/** The gradients are in the order of the weights. */
function lossAndGradients(
  model: Model,
  inputs: Inputs,
  {
    weights,
    training,
    classWeights,
  }: Pick<StepParts, "training" | "classWeights"> & { weights: readonly ModelWeight[] },
): { loss: tf.Tensor; logits: tf.Tensor; gradients: tf.Tensor[] } {
  for (const layer of model.dropouts) layer.setNoise(inputs[noiseName(layer)] as tf.Tensor);
  const labels = inputs.labels as tf.Tensor;
  const { labelSmoothing } = training;
  let logits: tf.Tensor | null = null;
  const { value: loss, grads } = tf.variableGrads(
    () => {
      logits = tf.keep(model.layersModel.apply(inputs.images as tf.Tensor, { training: true }) as tf.Tensor);
      return classWeights === null
        ? softmaxCrossEntropy(labels, logits, labelSmoothing)
        : weightedCrossEntropy(labels, logits, { smoothing: labelSmoothing, weights: classWeights });
    },
    weights.map(({ weight }) => weight),
  );
  const gradients = weights.map(({ weight }) => grads[weight.name] as tf.Tensor);
  return { loss, logits: logits as unknown as tf.Tensor, gradients };
}

function gradientSums(weights: readonly ModelWeight[], state: StepParts["state"]): tf.Variable[] {
  return weights.map(({ name }) => state.get(gradientSumName(name)) as tf.Variable);
}

function updateWeights(
  weights: readonly ModelWeight[],
  gradients: readonly tf.Tensor[],
  { optimizer, state, inputs }: Pick<StepParts, "optimizer" | "state"> & { inputs: Inputs },
): void {
  for (const [index, { name, weight, role }] of weights.entries())
    optimizer.update({
      weight,
      gradient: gradients[index] as tf.Tensor,
      slots: Object.fromEntries(
        optimizer.slots.map((slot) => [slot, state.get(slotName(name, slot)) as tf.Variable]),
      ),
      learningRate: inputs.learning_rate as tf.Tensor,
      scalars: inputs,
      role,
    });
}

/** The name of the input with the random numbers of a dropout layer. */
export function noiseName(layer: layers.Layer): string {
  return `noise:${layer.name}`;
}

function batchInputs(
  { dropouts }: Model,
  { shape, training }: Pick<StepParts, "shape" | "training">,
): StepFunction["inputs"] {
  return {
    ...imageInput(shape),
    labels: [shape.batch, shape.classes],
    ...Object.fromEntries(dropouts.map((layer) => [noiseName(layer), [shape.batch, layer.size]])),
    ...(training.accumulate > 1 ? { [SUM_FACTOR]: [], [GRADIENT_FACTOR]: [] } : {}),
  };
}

function imageInput({ batch, height, width, channels }: BatchShape) {
  return { images: [batch, height, width, channels] };
}
