// A model, its data and an engine -> epochs of training and evaluations. Writes no files.

import type { Experiment, TrainingSpec } from "../config/experiment-spec.js";
import { seedFor } from "../config/random-sources.js";
import { epochBatches } from "../data/batches.js";
import type { Dataset } from "../data/dataset.js";
import { imagesByClass, type Split } from "../data/split.js";
import type { Engine } from "../engine/engine.js";
import { buildModel, type Model } from "../model/build-model.js";
import { drawInitialState } from "../model/initial-values.js";
import type { Graph } from "../network/graph.js";
import { outputsOf } from "../network/shapes.js";
import type { Program, State, StepFunction } from "../runtime/program.js";
import { asEvaluated, withInitialAverages } from "./averages.js";
import { evaluateSplit } from "./evaluate.js";
import type { Evaluation } from "./metrics.js";
import { createOptimizer } from "./optimizer.js";
import { type QueuedProgram, queuedProgram } from "./step-queue.js";
import { accumulatingStep, evaluationStep, type StepParts, trainingStep } from "./steps.js";
import { type EpochResult, type StepKind, type StepProgress, stepKinds, trainEpoch } from "./train-epoch.js";
import { stateOf } from "./training-state.js";

export interface Trainer {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Before the first epoch: sets weights to their initial values, those given, by name, and random ones for the others, which are
   * drawn while `prepare` compiles.
   */
  initialise(given?: State): Promise<void>;
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
  const { training } = experiment;
  const optimizer = createOptimizer(training.optimizer);
  const { model, state } = engine.build(() => {
    const model = buildModel(graph);
    return { model, state: stateOf(model, optimizer, training) };
  });
  const classes = outputsOf(graph);
  const { train } = dataset;
  const batches = epochBatches(train.count, training);
  const kinds = stepKinds(batches, training.accumulate);
  const classWeights = weightsOfClasses(training.classWeights, train);
  const programFor = compileOnce((kind, batch) => {
    const shape = { batch, ...dataset.shape, classes };
    return engine.compile(STEPS[kind](model, { optimizer, state, shape, training, classWeights }));
  });
  const evaluationBatch = ({ count }: Split) => Math.min(training.batchSize, count);
  const epochParts = {
    experiment,
    train,
    model,
    optimizer,
    batches,
    kinds,
    classes,
    classWeights,
    programFor,
  };
  return {
    shapes: new Map(Array.from(state, ([name, { shape }]) => [name, shape])),
    initialise: async (given = new Map()) => {
      const drawn = await drawInitialState(graph, seedFor(experiment, "init"));
      const initial = new Map([...drawn, ...given]);
      engine.writeState(withInitialAverages(initial, state));
    },
    useWeights: (weights) => engine.writeState(asEvaluated(weights, state)),
    prepare: async (split) => {
      for (const [index, { size }] of batches.entries()) await programFor(kinds[index] as StepKind, size);
      await programFor("evaluate", evaluationBatch(split));
    },
    trainEpoch: (epoch, onStep) => trainEpoch(epochParts, epoch, onStep),
    evaluate: async (split) => {
      const size = evaluationBatch(split);
      const { program } = await programFor("evaluate", size);
      return evaluateSplit(program, split, { size, classes });
    },
  };
}

export type ProgramKind = StepKind | "evaluate";

/** The step function of each kind of program. */
export const STEPS: Readonly<Record<ProgramKind, (model: Model, parts: StepParts) => StepFunction>> = {
  accumulate: accumulatingStep,
  update: trainingStep,
  evaluate: evaluationStep,
};

/** `balanced`: images / (classes x images of the class), as in scikit-learn. Null if all weights are equal. */
function weightsOfClasses(weights: TrainingSpec["classWeights"], split: Split): Float32Array | null {
  if (weights === "none") return null;
  if (weights !== "balanced") return Float32Array.from(weights);
  const { count, classes } = split;
  return Float32Array.from(imagesByClass(split), (own) => (own === 0 ? 0 : count / (classes * own)));
}

/** Compiles one program per kind and batch size. The last batch of an epoch may have a different size. */
function compileOnce(
  compile: (kind: ProgramKind, batch: number) => Promise<Program>,
): (kind: ProgramKind, batch: number) => Promise<QueuedProgram> {
  const programs = new Map<string, Promise<QueuedProgram>>();
  return (kind, batch) => {
    const key = `${kind} ${batch}`;
    const known = programs.get(key) ?? compile(kind, batch).then(queuedProgram);
    programs.set(key, known);
    return known;
  };
}
