// The epochs and the test of a run -> its row in result.csv.

import type { Dataset } from "../data/dataset.js";
import { imagesByClass } from "../data/split.js";
import { complexityOf } from "../network/complexity.js";
import type { Graph } from "../network/graph.js";
import type { ConfusionRow, EpochRow, ResultRow } from "../records/tables.js";
import { calibrationError } from "../statistics/calibration.js";
import { balancedError, type Evaluation } from "./metrics.js";

export interface ResultParts {
  readonly graph: Graph;
  readonly dataset: Dataset;
  readonly fingerprint: string;
}

export interface Outcome {
  readonly rows: readonly EpochRow[];
  readonly best: number;
  readonly selected: number;
  readonly test: Evaluation;
  /** The checksum of the file with the predictions; null if there is none. */
  readonly predictions: string | null;
}

/** The rows of a run in confusion.csv. */
export function confusionRows(
  { confusion }: Pick<Evaluation, "confusion">,
  names: readonly string[],
): ConfusionRow[] {
  // A network may have more outputs than there are classes.
  const nameOf = (label: number) => names[label] ?? String(label);
  return confusion.map(({ label, predicted, images }) => ({
    class: label,
    class_name: nameOf(label),
    predicted,
    predicted_name: nameOf(predicted),
    images,
  }));
}

/** The row of a run in result.csv, without its checksum. */
export function resultRow(
  { graph, fingerprint, dataset }: ResultParts,
  { rows, best, selected, test, predictions }: Outcome,
): Omit<ResultRow, "checksum"> {
  const { params, macs } = complexityOf(graph);
  const row = rows[selected - 1] as EpochRow;
  const seconds = rows.reduce((sum, { seconds }) => sum + seconds, 0);
  const secondsPerImage = rows.reduce((sum, { images_per_second }) => sum + 1 / images_per_second, 0);
  return {
    fingerprint,
    params: params.trainable,
    params_total: params.total,
    macs,
    epochs: rows.length,
    best_epoch: best,
    selected_epoch: selected,
    train_loss: row.train_loss,
    train_error: row.train_error,
    validation_loss: row.validation_loss,
    validation_error: row.validation_error,
    test_loss: test.loss,
    test_error: test.error,
    test_error_top5: test.errorTop5,
    test_balanced_error: balancedError(test),
    majority_error: majorityError(dataset),
    test_errors_by_class: test.errorsByClass,
    test_calibration_error: calibrationError(
      test.predictions.confidence,
      (image) => test.predictions.predicted[image] === test.predictions.label[image],
    ),
    predictions,
    seconds: round(seconds),
    images_per_second: round(rows.length / secondsPerImage),
  };
}

/** Test error of always predicting the class with the most training images. */
function majorityError({ train, test }: Dataset): number {
  const trained = imagesByClass(train);
  const majority = trained.indexOf(Math.max(...trained));
  return 1 - (imagesByClass(test)[majority] as number) / test.count;
}

/** Rounds to three decimals, so that times are in whole milliseconds. */
export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
