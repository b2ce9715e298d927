// One experiment -> the files of one run. Continues where an earlier attempt was interrupted.

import { stringify } from "yaml";
import type { Dataset } from "../data/dataset.js";
import { InputError } from "../diagnostic.js";
import type { Engine } from "../engine/engine.js";
import { selectEngine } from "../engine/select-engine.js";
import { trajectoryOf } from "../experiment/fingerprint.js";
import { formatPercent } from "../format.js";
import { checksumOf } from "../records/checksum.js";
import { writeCsv } from "../records/csv.js";
import { writeWhole } from "../records/files.js";
import { writePredictions } from "../records/predictions.js";
import { type RunData, writeRunData } from "../records/run-data.js";
import { checkObstacles, logLine } from "../records/run-folder.js";
import { CONFUSION_COLUMNS, type EpochRow, RESULT_COLUMNS } from "../records/tables.js";
import { useArithmetic } from "../runtime/arithmetic.js";
import { OutOfMemoryError } from "../runtime/out-of-memory.js";
import { describeEnvironment } from "./environment.js";
import { isFailedRun } from "./failed-run.js";
import { batchTooLarge } from "./fitting-batch.js";
import { confusionRows, resultRow } from "./result-row.js";
import { bestEpoch, bestWeights } from "./resume.js";
import { type RunParts, trainEpochs } from "./run-epochs.js";
import type { RunOptions } from "./run-options.js";
import { createTrainer } from "./trainer.js";

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
  logLine(folder, `finished: test loss ${test.loss.toFixed(4)}, test error ${formatPercent(test.error)}`);
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
