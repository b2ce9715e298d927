// One experiment -> the files of one run. Continues where an earlier attempt was interrupted.

import { stringify } from "yaml";
import { type Experiment, mostEpochs, type TrainingSpec } from "../config/experiment-spec.js";
import type { Dataset } from "../data/dataset.js";
import { InputError } from "../diagnostic.js";
import type { Engine } from "../engine/engine.js";
import { selectEngine } from "../engine/select-engine.js";
import { trajectoryOf } from "../experiment/fingerprint.js";
import type { Graph } from "../network/graph.js";
import { checksumOf } from "../records/checksum.js";
import { writeCsv } from "../records/csv.js";
import { appendEvents, startEvents } from "../records/event-file.js";
import { writeWhole } from "../records/files.js";
import { writePredictions } from "../records/predictions.js";
import { type RunData, writeRunData } from "../records/run-data.js";
import { checkObstacles, logLine, type RunFolder } from "../records/run-folder.js";
import { CONFUSION_COLUMNS, EPOCH_COLUMNS, type EpochRow, RESULT_COLUMNS } from "../records/tables.js";
import { useArithmetic } from "../runtime/arithmetic.js";
import type { EngineOptions } from "../runtime/devices.js";
import { OutOfMemoryError } from "../runtime/out-of-memory.js";
import { evaluatedWeights } from "./averages.js";
import { type Checkpoint, writeCheckpoint } from "./checkpoint.js";
import { describeEnvironment } from "./environment.js";
import { DivergedError, isFailedRun } from "./failed-run.js";
import { batchTooLarge } from "./fitting-batch.js";
import { confusionRows, resultRow, round } from "./result-row.js";
import { bestEpoch, bestWeights, lastEpochOf, resumePoint } from "./resume.js";
import { startingWeights } from "./starting-weights.js";
import type { StepProgress } from "./train-epoch.js";
import { createTrainer, type Trainer } from "./trainer.js";

export interface RunOptions extends EngineOptions {
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly dataset: Dataset;
  readonly fingerprint: string;
  readonly folder: RunFolder;
  /** Whether to write an event file as well. */
  readonly tensorboard: boolean;
  /** Whether to keep what is predicted of each test image. */
  readonly predictions: boolean;
  readonly onProgress: (progress: RunProgress) => void;
  /** Called before files of an epoch or of the result are written; may end the process. */
  readonly beforeWriting?: () => void;
}

export interface RunProgress extends StepProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly imagesPerSecond: number;
  /** Fraction of the run that is done, from 0 to 1. */
  readonly done: number;
}

/**
 * Trains, validates after each epoch, and tests once at the end. Throws DivergedError or BatchTooLargeError; files of finished epochs
 * remain.
 */
export async function trainRun(options: RunOptions): Promise<void> {
  const { folder } = options;
  checkObstacles(folder);
  try {
    await trainWhole(options).catch(async (error: unknown) => {
      throw error instanceof OutOfMemoryError ? await batchTooLarge(options, error) : error;
    });
  } catch (error) {
    const said = error instanceof Error ? (isExpected(error) ? error.message : error.stack) : String(error);
    logLine(folder, `failed: ${said}`);
    throw error;
  }
}

async function trainWhole(options: RunOptions): Promise<void> {
  const { experiment, graph, dataset } = options;
  const trajectory = trajectoryOf(experiment, graph, dataset.fingerprint);
  useArithmetic(experiment.training);
  const engine = await selectEngine(options);
  writeDescription(options, engine, trajectory);
  try {
    const run = { trainer: createTrainer({ ...options, engine }), engine, trajectory };
    const rows = await trainEpochs(run, options);
    await testSelected(run, rows, options);
  } finally {
    await engine.dispose();
  }
}

function isExpected(error: Error): boolean {
  return isFailedRun(error) || error instanceof InputError;
}

/** Writes the files that describe the experiment, the environment and the data. */
function writeDescription(options: RunOptions, engine: Engine, trajectory: string): void {
  const { experiment, dataset, fingerprint, folder, threads } = options;
  writeWhole(folder.config, stringify(experiment));
  const parts = { fingerprint, trajectory, datasetFingerprint: dataset.fingerprint, threads };
  writeWhole(folder.environment, `${JSON.stringify(describeEnvironment(engine, parts), null, 2)}\n`);
  writeRunData(folder.data, dataOf(dataset));
}

interface RunParts {
  readonly trainer: Trainer;
  readonly engine: Engine;
  readonly trajectory: string;
}

/** Trains the missing epochs, and returns the rows of all epochs. */
async function trainEpochs(
  { trainer, engine, trajectory }: RunParts,
  options: RunOptions,
): Promise<readonly EpochRow[]> {
  const { experiment, dataset, folder } = options;
  const { select } = experiment.training;
  const { shapes } = trainer;
  const lastEpoch = (rows: readonly EpochRow[]) => lastEpochOf(experiment.training, rows);
  const { backend } = engine;
  const selects = select === "validation";
  // The bytes of the file are the same whether it is written after its epoch or when the run is resumed.
  const keepBest = (best: Omit<Checkpoint, "rows">) =>
    writeCheckpoint(
      folder.bestCheckpoint,
      { ...best, state: evaluatedWeights(best.state), rows: "" },
      { shapes },
    );
  const { checkpoint, rows } = resumePoint(folder, { trajectory, shapes, selects, lastEpoch });
  // The run may have been killed between writing the last and the best checkpoint.
  if (checkpoint && selects && bestEpoch(rows) === checkpoint.epoch) keepBest(checkpoint);
  if (checkpoint && checkpoint.backend !== engine.backend)
    throw new InputError(
      `its first ${checkpoint.epoch} epochs were trained with --backend ${checkpoint.backend}: continue with that, or remove ${folder.path} to train it from the beginning with --backend ${engine.backend}`,
    );
  if (checkpoint) engine.writeState(checkpoint.state);
  const given = checkpoint ? null : startingWeights(options);
  const finished = checkpoint?.epoch ?? 0;
  logLine(
    folder,
    `${finished > 0 ? `continues after epoch ${finished}` : "starts"} on ${engine.facts.description}`,
  );
  const note = noteOnLastBatch(dataset.train.count, experiment.training);
  if (note !== null) logLine(folder, note);
  const events = options.tensorboard ? startEvents(folder.path, rows, seconds()) : null;
  if (finished < lastEpoch(rows))
    await Promise.all([given && trainer.initialise(given), trainer.prepare(dataset.validation)]);
  for (let epoch = finished + 1; epoch <= lastEpoch(rows); epoch++) {
    const row = await runEpoch(trainer, epoch, options);
    rows.push(row);
    options.beforeWriting?.();
    writeCsv(folder.epochs, EPOCH_COLUMNS, rows);
    const state = await engine.readState();
    // The epoch counts as finished once this checkpoint is written.
    writeCheckpoint(
      folder.lastCheckpoint,
      { state, epoch, trajectory, backend, rows: checksumOf(EPOCH_COLUMNS, rows) },
      { shapes, previous: folder.previousCheckpoint },
    );
    if (selects && bestEpoch(rows) === epoch) keepBest({ state, epoch, trajectory, backend });
    if (events !== null) appendEvents(events, row, seconds());
    logLine(folder, `epoch ${epoch}: ${describeEpoch(row)}`);
  }
  if (rows.length < experiment.training.epochs) logLine(folder, `stops early, after epoch ${rows.length}`);
  return rows;
}

/** What is unusual about the last batch of each epoch; null if nothing is. */
function noteOnLastBatch(images: number, { batchSize, dropLast }: TrainingSpec): string | null {
  const left = images % batchSize;
  if (dropLast && left > 0)
    return `each epoch leaves out ${left} of ${images} images, because dropLast is set`;
  if (left === 1 && images > 1)
    return "the single image left over at the end of an epoch joins the batch before it";
  return null;
}

/** Tests the weights of the last epoch, or of the best one if the experiment asks for that, and writes the result. */
async function testSelected(
  { trainer, trajectory }: RunParts,
  rows: readonly EpochRow[],
  options: RunOptions,
): Promise<void> {
  const { experiment, dataset, folder } = options;
  const { select } = experiment.training;
  const best = bestEpoch(rows);
  const selected = select === "validation" ? best : rows.length;
  if (selected !== rows.length) trainer.useWeights(bestWeights(folder, selected, trajectory).state);
  const test = await trainer.evaluate(dataset.test);
  options.beforeWriting?.();
  writeCsv(folder.confusion, CONFUSION_COLUMNS, confusionRows(test, dataset.classNames));
  const predictions = options.predictions ? writePredictions(folder.predictions, test.predictions) : null;
  const result = resultRow(options, { rows, best, selected, test, predictions });
  writeCsv(folder.result, RESULT_COLUMNS, [{ ...result, checksum: checksumOf(RESULT_COLUMNS, [result]) }]);
  logLine(folder, `finished: test loss ${test.loss.toFixed(4)}, test error ${percent(test.error)}`);
}

function dataOf({
  fingerprint,
  testFingerprint,
  shape,
  classNames,
  normalisation,
  train,
  validation,
  test,
}: Dataset): RunData {
  return {
    fingerprint,
    testFingerprint,
    shape,
    classNames,
    normalisation,
    images: { train: train.count, validation: validation.count, test: test.count },
  };
}

/** Seconds since 1970. */
function seconds(): number {
  return Date.now() / 1000;
}

async function runEpoch(
  trainer: Trainer,
  epoch: number,
  { experiment, dataset, onProgress }: RunOptions,
): Promise<EpochRow> {
  const epochs = mostEpochs(experiment.training);
  const start = performance.now();
  const secondsSince = () => (performance.now() - start) / 1000;
  const train = await trainer.trainEpoch(epoch, (progress) => {
    onProgress({
      ...progress,
      epoch,
      epochs,
      imagesPerSecond: progress.images / secondsSince(),
      done: (epoch - 1 + progress.step / progress.steps) / epochs,
    });
  });
  const trainSeconds = secondsSince();
  const validation = await trainer.evaluate(dataset.validation);
  if (!Number.isFinite(validation.loss))
    throw new DivergedError(
      `the validation loss became ${validation.loss} in epoch ${epoch}; try a lower training.optimizer.learningRate`,
    );
  return {
    epoch,
    step: train.step,
    learning_rate: train.learningRate,
    train_loss: train.loss,
    train_error: train.error,
    validation_loss: validation.loss,
    validation_error: validation.error,
    seconds: round(secondsSince()),
    images_per_second: round(train.images / trainSeconds),
  };
}

function describeEpoch(row: EpochRow): string {
  return `train loss ${row.train_loss.toFixed(4)}, validation loss ${row.validation_loss.toFixed(4)}, validation error ${percent(row.validation_error)}, ${row.images_per_second} images/s`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
