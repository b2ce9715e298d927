// A model, its data and an engine -> epochs of training and evaluations. Writes no files.

import type { Experiment, TrainingSpec } from "../config/experiment-spec.js";
import { type BatchRange, epochBatches, loadBatches } from "../data/batches.js";
import type { Dataset } from "../data/dataset.js";
import { drawMix, mixed } from "../data/mix.js";
import { augmentation, imagesByClass, type Split } from "../data/split.js";
import type { Engine } from "../engine/engine.js";
import { buildModel, type Model } from "../model/build-model.js";
import { initialState } from "../model/initial-values.js";
import type { Graph } from "../network/graph.js";
import { outputsOf } from "../network/shapes.js";
import { permutation, randomStream } from "../random.js";
import type { Program, State, Values } from "../runtime/program.js";
import { AVERAGE_SHARE, asEvaluated, averageShareAt, withInitialAverages } from "./averages.js";
import { evaluateSplit } from "./evaluate.js";
import { type Evaluation, type Metrics, MetricsSum } from "./metrics.js";
import { createOptimizer, type Optimizer } from "./optimizer.js";
import { learningRateAt } from "./schedule.js";
import { evaluationStep, noiseName, trainingStep } from "./steps.js";
import { stateOf } from "./training-state.js";

/** The loss is not finite. The message says at which step and what to try. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
}

export interface StepProgress {
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

export interface Trainer {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Sets all state to its initial values. */
  initialise(): void;
  /** Compiles the programs for training and for evaluating `split`, so that their times do not include compilation. */
  prepare(split: Split): Promise<void>;
  /** One pass over all training images, in an order that depends on seed and epoch (from 1). */
  trainEpoch(epoch: number, onStep: (progress: StepProgress) => void): Promise<EpochResult>;
  /** Metrics over a whole split. */
  evaluate(split: Split): Promise<Evaluation>;
  /** Evaluates these weights and moving statistics from now on. */
  useWeights(weights: State): void;
}

export interface TrainerParts {
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly dataset: Dataset;
  readonly engine: Engine;
}

export function createTrainer({ experiment, graph, dataset, engine }: TrainerParts): Trainer {
  const { training, seed } = experiment;
  const optimizer = createOptimizer(training.optimizer);
  const { model, state } = engine.build(() => {
    const model = buildModel(graph);
    return { model, state: stateOf(model, optimizer, training) };
  });
  const classes = outputsOf(graph);
  const shapeOf = (batch: number) => ({ batch, ...dataset.shape, classes });
  const batches = epochBatches(dataset.train.count, training);
  const classWeights = weightsOfClasses(training.classWeights, dataset.train);
  const parts = { optimizer, state, training, classWeights };
  const programFor = compileOnce((batch) =>
    engine.compile(trainingStep(model, { ...parts, shape: shapeOf(batch) })),
  );
  const evaluationFor = compileOnce((batch) =>
    engine.compile(evaluationStep(model, { shape: shapeOf(batch), state })),
  );
  const evaluationBatch = ({ count }: Split) => Math.min(training.batchSize, count);
  const epochParts = { experiment, train: dataset.train, model, optimizer, batches, classes, programFor };
  return {
    shapes: new Map(Array.from(state, ([name, { shape }]) => [name, shape])),
    initialise: () => engine.writeState(withInitialAverages(initialState(graph, state, seed), state)),
    useWeights: (weights) => engine.writeState(asEvaluated(weights, state)),
    prepare: async (split) => {
      for (const size of new Set(batches.map(({ size }) => size))) await programFor(size);
      await evaluationFor(evaluationBatch(split));
    },
    trainEpoch: (epoch, onStep) => trainEpoch(epochParts, epoch, onStep),
    evaluate: async (split) => {
      const size = evaluationBatch(split);
      return evaluateSplit(await evaluationFor(size), split, { size, classes });
    },
  };
}

interface EpochParts {
  readonly experiment: Experiment;
  readonly train: Split;
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly batches: readonly BatchRange[];
  /** The outputs of the network. */
  readonly classes: number;
  readonly programFor: (batch: number) => Promise<Program>;
}

async function trainEpoch(
  { experiment, train, model, optimizer, batches, classes, programFor }: EpochParts,
  epoch: number,
  onStep: (progress: StepProgress) => void,
): Promise<EpochResult> {
  const { training, seed } = experiment;
  const { epochs } = training;
  const steps = batches.length;
  const order = permutation(train.count, randomStream("shuffle", seed, epoch));
  const pass = { order, batches, classes, draw: augmentation(seed, epoch) };
  const scale = { learningRate: training.optimizer.learningRate, epochs, stepsPerEpoch: steps };
  const sum = new MetricsSum();
  let learningRate = 0;
  let images = 0;
  let step = (epoch - 1) * steps;
  for await (const loaded of loadBatches(train, pass)) {
    const mix = drawMix(training, train.shape, randomStream("mix", seed, step));
    const batch = mix === null ? loaded : mixed(loaded, mix, train.shape);
    learningRate = learningRateAt(training.schedule, step, scale);
    const program = await programFor(batch.size);
    const { loss, logits } = await program.run({
      images: batch.images,
      labels: batch.labels,
      learning_rate: Float32Array.of(learningRate),
      ...optimizerInputs(optimizer, step + 1),
      ...averageInputs(training, step + 1),
      ...noiseInputs(model, { seed, step, batch: batch.size }),
    });
    step++;
    images += batch.size;
    if (!Number.isFinite(loss?.[0]))
      throw new DivergedError(divergence(loss?.[0], { epoch, step, learningRate }));
    sum.add(logits as Float32Array, batch.classes, batch.count);
    const { loss: meanLoss, error } = sum.mean();
    onStep({ step: step - (epoch - 1) * steps, steps, images, loss: meanLoss, error });
  }
  return { ...sum.mean(), learningRate, step, images };
}

/** `balanced`: images / (classes x images of the class), as in scikit-learn. Null if all weights are equal. */
function weightsOfClasses(weights: TrainingSpec["classWeights"], split: Split): Float32Array | null {
  if (weights === "none") return null;
  if (weights !== "balanced") return Float32Array.from(weights);
  const { count, classes } = split;
  return Float32Array.from(imagesByClass(split), (own) => (own === 0 ? 0 : count / (classes * own)));
}

/** Compiles one program per batch size. The last batch of an epoch may have a different size. */
function compileOnce(compile: (batch: number) => Promise<Program>): (batch: number) => Promise<Program> {
  const programs = new Map<number, Promise<Program>>();
  return (batch) => {
    const known = programs.get(batch) ?? compile(batch);
    programs.set(batch, known);
    return known;
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
  { seed, step, batch }: { seed: number; step: number; batch: number },
): Values {
  return Object.fromEntries(
    model.dropouts.map((layer) => {
      const random = randomStream("dropout", seed, layer.name, step);
      return [noiseName(layer), Float32Array.from({ length: batch * layer.size }, () => random.uniform())];
    }),
  );
}

function divergence(
  loss: number | undefined,
  { epoch, step, learningRate }: { epoch: number; step: number; learningRate: number },
): string {
  return `the loss became ${loss} at step ${step} (epoch ${epoch}, learning rate ${learningRate.toPrecision(3)}); try a lower training.optimizer.learningRate or a longer training.schedule.warmup`;
}
