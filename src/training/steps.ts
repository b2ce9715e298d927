// A model and its training settings -> the two functions that an engine runs: a training step and an evaluation.

import * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";
import type { Model } from "../model/build-model.js";
import { isLearned, type WeightRole } from "../network/weights.js";
import type { StepFunction } from "../runtime/program.js";
import type { Optimizer } from "./optimizer.js";

export interface BatchShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: number;
}

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

/** The weights that are trained with their gradients, in the order of the layers. */
function learnedWeights({ weights, roles }: Model) {
  return Array.from(weights, ([name, weight]) => ({
    name,
    weight,
    role: roles.get(name) as WeightRole,
  })).filter(({ role }) => isLearned(role));
}

/**
 * Inputs: images [batch, height, width, channels], labels [batch, classes] (one-hot), learning_rate [], the optimizer's
 * scalars [], and noise:<layer> [batch, units] for each dropout layer. Returns loss [] (mean over the batch) and logits
 * [batch, classes], both before the update.
 */
export function trainingStep(
  model: Model,
  {
    optimizer,
    state,
    shape,
    labelSmoothing,
    classWeights,
  }: {
    optimizer: Optimizer;
    state: ReadonlyMap<string, tf.Variable>;
    shape: BatchShape;
    labelSmoothing: number;
    /** One weight per class; null if all are equal. */
    classWeights: Float32Array | null;
  },
): StepFunction {
  const weights = learnedWeights(model);
  return {
    name: `training of ${shape.batch}`,
    inputs: {
      ...imageInput(shape),
      labels: [shape.batch, shape.classes],
      learning_rate: [],
      ...Object.fromEntries(optimizer.scalars.map((name) => [name, []])),
      ...Object.fromEntries(model.dropouts.map((layer) => [noiseName(layer), [shape.batch, layer.size]])),
    },
    layers: model.layersModel.layers,
    run: (inputs) => {
      for (const layer of model.dropouts) layer.setNoise(inputs[noiseName(layer)] as tf.Tensor);
      let logits: tf.Tensor | null = null;
      const { value: loss, grads } = tf.variableGrads(
        () => {
          logits = tf.keep(
            model.layersModel.apply(inputs.images as tf.Tensor, { training: true }) as tf.Tensor,
          );
          const labels = inputs.labels as tf.Tensor;
          return classWeights === null
            ? softmaxCrossEntropy(labels, logits, labelSmoothing)
            : weightedCrossEntropy(labels, logits, { smoothing: labelSmoothing, weights: classWeights });
        },
        weights.map(({ weight }) => weight),
      );
      for (const { name, weight, role } of weights) {
        optimizer.update({
          weight,
          gradient: grads[weight.name] as tf.Tensor,
          slots: Object.fromEntries(
            optimizer.slots.map((slot) => [slot, state.get(slotName(name, slot)) as tf.Variable]),
          ),
          learningRate: inputs.learning_rate as tf.Tensor,
          scalars: inputs,
          role,
        });
      }
      return { loss, logits: logits as unknown as tf.Tensor };
    },
  };
}

/** Input: images. Returns logits [batch, classes]. BatchNorm uses its moving statistics. */
export function evaluationStep(model: Model, shape: BatchShape): StepFunction {
  return {
    name: `evaluation of ${shape.batch}`,
    inputs: imageInput(shape),
    layers: model.layersModel.layers,
    run: (inputs) => ({
      logits: model.layersModel.apply(inputs.images as tf.Tensor, { training: false }) as tf.Tensor,
    }),
  };
}

/** Mean over the batch of -sum(target log softmax(logits)) with target = (1 - smoothing) label + smoothing / classes. */
export function softmaxCrossEntropy(labels: tf.Tensor, logits: tf.Tensor, smoothing: number): tf.Scalar {
  return tf.losses.softmaxCrossEntropy(labels, logits, undefined, smoothing, tf.Reduction.MEAN) as tf.Scalar;
}

/**
 * Sum over the batch and the classes of -w_c target_c log softmax(logits)_c, divided by the sum of the weights of the images'
 * classes, as in PyTorch's cross_entropy with `weight` and `label_smoothing`. The weight of a soft label is the mean of those of
 * its classes; PyTorch divides by the number of images instead if labels are soft.
 */
export function weightedCrossEntropy(
  labels: tf.Tensor,
  logits: tf.Tensor,
  { smoothing, weights }: { smoothing: number; weights: Float32Array },
): tf.Scalar {
  const classWeights = tf.tensor1d(weights);
  const target = smoothing > 0 ? tf.add(tf.mul(labels, 1 - smoothing), smoothing / weights.length) : labels;
  const terms = tf.mul(tf.mul(target, classWeights), tf.logSoftmax(logits as tf.Tensor2D));
  return tf.neg(tf.div(tf.sum(terms), tf.sum(tf.mul(labels, classWeights)))) as tf.Scalar;
}

/** The name of the input with the random numbers of a dropout layer. */
export function noiseName(layer: layers.Layer): string {
  return `noise:${layer.name}`;
}

function slotName(weight: string, slot: string): string {
  return `${weight}:${slot}`;
}

function imageInput({ batch, height, width, channels }: BatchShape) {
  return { images: [batch, height, width, channels] };
}
