// One pass over the training images: batches, in groups of which the optimizer makes one step each.

import type { Experiment, TrainingSpec } from "../config/experiment-spec.js";
import { seedFor } from "../config/random-sources.js";
import { type Batch, type BatchRange, loadBatches } from "../data/batches.js";
import { drawMix, mixed } from "../data/mix.js";
import { augmentation, type Split } from "../data/split.js";
import type { Model } from "../model/build-model.js";
import { permutation, randomStream } from "../random.js";
import type { Values } from "../runtime/program.js";
import { AVERAGE_SHARE, averageShareAt } from "./averages.js";
import { DivergedError } from "./failed-run.js";
import { GRADIENT_FACTOR, SUM_FACTOR } from "./gradients.js";
import { type Metrics, MetricsSum } from "./metrics.js";
import type { Optimizer } from "./optimizer.js";
import { learningRateAt } from "./schedule.js";
import { type QueuedProgram, StepQueue } from "./step-queue.js";
import { noiseName } from "./steps.js";

export interface StepProgress {
  /** Finished steps of this epoch. */
  readonly step: number;
  readonly steps: number;
  /** Images of this epoch so far. */
  readonly images: number;
  readonly loss: number;
  readonly error: number;
}

export interface EpochResult extends Metrics {
  /** The learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** Number of steps since the start of training. */
  readonly step: number;
  /** Number of images that the epoch trained on. */
  readonly images: number;
}

export interface EpochParts {
  readonly experiment: Experiment;
  readonly train: Split;
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly batches: readonly BatchRange[];
  /** The kind of each batch. */
  readonly kinds: readonly StepKind[];
  /** The outputs of the network. */
  readonly classes: number;
  /** One weight per class; null if all are equal. */
  readonly classWeights: Float32Array | null;
  readonly programFor: (kind: StepKind, batch: number) => Promise<QueuedProgram>;
}

/** What happens to the gradient of a batch: it is added to those before it in its group, or the optimizer uses their mean. */
export type StepKind = "accumulate" | "update";

/** The kind of each batch of an epoch. The last group may be smaller than the others. */
export function stepKinds(batches: readonly BatchRange[], accumulate: number): StepKind[] {
  return batches.map((_, index) =>
    (index + 1) % accumulate === 0 || index === batches.length - 1 ? "update" : "accumulate",
  );
}

export async function trainEpoch(
  parts: EpochParts,
  epoch: number,
  onStep: (progress: StepProgress) => void,
): Promise<EpochResult> {
  const { experiment, train, model, optimizer, batches, kinds, classes, classWeights, programFor } = parts;
  const { training } = experiment;
  const augmented = seedFor(experiment, "augmentation");
  const steps = kinds.filter((kind) => kind === "update").length;
  const order = permutation(train.count, randomStream("shuffle", seedFor(experiment, "order"), epoch));
  const pass = { order, batches, classes, draw: augmentation(augmented, epoch) };
  const scale = {
    learningRate: training.optimizer.learningRate,
    epochs: training.epochs,
    stepsPerEpoch: steps,
  };
  const sum = new MetricsSum();
  const before = (epoch - 1) * steps;
  let learningRate = 0;
  let images = 0;
  let step = before;
  let index = 0;
  let groupWeight = 0;
  const onResults = ({ batch, at, done }: QueuedStep, { loss, logits }: Values) => {
    if (!Number.isFinite(loss?.[0])) throw new DivergedError(divergence(loss?.[0], at));
    images += batch.size;
    sum.add(logits as Float32Array, batch.classes, batch.count);
    const { loss: meanLoss, error } = sum.mean();
    onStep({ step: done - before, steps, images, loss: meanLoss, error });
  };
  const queue = new StepQueue(onResults);
  for await (const loaded of loadBatches(train, pass)) {
    const kind = kinds[index] as StepKind;
    // Every batch of a run has its own random numbers.
    const place = (epoch - 1) * batches.length + index;
    const mix = drawMix(training, train.shape, randomStream("mix", augmented, place));
    const batch = mix === null ? loaded : mixed(loaded, mix, train.shape);
    const isFirst = index % training.accumulate === 0;
    const weight = weightOf(batch, classWeights);
    groupWeight = (isFirst ? 0 : groupWeight) + weight;
    learningRate = learningRateAt(training.schedule, step, scale);
    const inputs = {
      images: batch.images,
      labels: batch.labels,
      ...noiseInputs(model, { seed: seedFor(experiment, "dropout"), place, batch: batch.size }),
      ...groupInputs(kind, { isFirst, weight, groupWeight }),
      learning_rate: Float32Array.of(learningRate),
      ...optimizerInputs(optimizer, step + 1),
      ...averageInputs(training, step + 1),
    };
    const at = { epoch, step: step + 1, learningRate };
    if (kind === "update") step++;
    index++;
    await queue.add(await programFor(kind, batch.size), { batch, inputs, at, done: step });
  }
  await queue.flush();
  return { ...sum.mean(), learningRate, step, images };
}

interface QueuedStep {
  readonly batch: Batch;
  readonly inputs: Values;
  readonly at: StepPlace;
  /** Steps of the optimizer since the start of training, with this one. */
  readonly done: number;
}

interface StepPlace {
  readonly epoch: number;
  readonly step: number;
  readonly learningRate: number;
}

/** What the mean loss of a batch is divided by: its number of images, or the sum of the weights of their classes. */
function weightOf({ size, labels }: Batch, classWeights: Float32Array | null): number {
  if (classWeights === null) return size;
  const { length } = classWeights;
  return labels.reduce((sum, share, index) => sum + share * (classWeights[index % length] as number), 0);
}

/** The gradient of a group is the mean of those of its batches, by their weights. */
function groupInputs(
  kind: StepKind,
  { isFirst, weight, groupWeight }: { isFirst: boolean; weight: number; groupWeight: number },
): Values {
  const whole = kind === "update" ? groupWeight : 1;
  return {
    [SUM_FACTOR]: Float32Array.of(isFirst ? 0 : 1 / whole),
    [GRADIENT_FACTOR]: Float32Array.of(weight / whole),
  };
}

function optimizerInputs(optimizer: Optimizer, step: number): Values {
  return Object.fromEntries(
    Object.entries(optimizer.scalarValues(step)).map(([name, value]) => [name, Float32Array.of(value)]),
  );
}

function averageInputs({ ema }: TrainingSpec, step: number): Values {
  return ema === "off" ? {} : { [AVERAGE_SHARE]: Float32Array.of(averageShareAt(step, ema)) };
}

function noiseInputs(
  model: Model,
  { seed, place, batch }: { seed: number; place: number; batch: number },
): Values {
  return Object.fromEntries(
    model.dropouts.map((layer) => {
      const random = randomStream("dropout", seed, layer.name, place);
      return [noiseName(layer), Float32Array.from({ length: batch * layer.size }, () => random.uniform())];
    }),
  );
}

function divergence(loss: number | undefined, { epoch, step, learningRate }: StepPlace): string {
  return `the loss became ${loss} at step ${step} (epoch ${epoch}, learning rate ${learningRate.toPrecision(3)}); try a lower training.optimizer.learningRate or a longer training.schedule.warmup`;
}
