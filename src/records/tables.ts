// The columns of every CSV file.

import {
  amount,
  count,
  number,
  oneOf,
  optional,
  type RowOf,
  share,
  shares,
  text,
  type WholeRow,
} from "./columns.js";
import { RUN_STATUSES } from "./run-status.js";
import { axes, match, valuesByPath } from "./variant-cells.js";

const TRAINED = {
  train_loss: amount(
    "cross-entropy on the training images, averaged over the epoch while the weights change; with mixup or CutMix, of the class with the larger share",
    "nats",
  ),
  train_error: share(
    "fraction of training images that are misclassified, over the epoch while the weights change; with mixup or CutMix, by the class with the larger share",
  ),
  validation_loss: amount("cross-entropy on the validation set", "nats"),
  validation_error: share("fraction of validation images that are misclassified"),
};

const TESTED = {
  test_loss: amount("cross-entropy on the test set", "nats"),
  test_error: share("fraction of test images that are misclassified"),
  test_error_top5: share("fraction of test images whose class is not among the five most likely"),
  test_balanced_error: share("mean of the test errors of the classes"),
  majority_error: share("test error of always predicting the class with the most training images"),
  test_errors_by_class: shares(
    "test error of each class, in the order of the classes; null for a class without test images",
  ),
  test_calibration_error: optional(
    share("expected calibration error on the test set: 15 equally wide bins of confidence (Guo et al. 2017)"),
  ),
};

const TIMES = {
  seconds: amount("duration", "s"),
  images_per_second: amount("training speed, without evaluation", "images / s"),
};

export const COSTS = {
  params: count("number of trainable parameters"),
  macs: count("multiply-accumulate operations per image"),
};

export const AXES = {
  axes: axes('values of the sweep\'s axes for this variant, such as `{"r":4,"bias":true}`'),
};

/** What differs between runs of a variant in a sweep with `random`. */
const DRAWN = {
  drawn: optional(
    valuesByPath(
      'values that the seed of the run has drawn, such as `{"training.optimizer.learningRate":0.05}`',
    ),
  ),
};

const TUNED = {
  tuned: optional(
    valuesByPath(
      'values that were tuned for this variant, such as `{"training.optimizer.learningRate":0.1}`',
    ),
  ),
};

const RUN = {
  run: text("`<variant>/seed-<n>`, which is also its path inside the sweep's folder"),
  variant: text("name of the variant"),
  seed: count("seed of the run"),
};

export const MATCH = {
  match: optional(
    match(
      "for a variant whose cost was matched to that of another: `cost` (`params` or `macs`), `of` (the other variant), `change`, `ratio` (own cost / cost of the other)",
    ),
  ),
};

export const PLAN_COLUMNS = {
  ...RUN,
  template: text("name of the variant before axis values were filled in"),
  ...AXES,
  ...MATCH,
  ...DRAWN,
  ...TUNED,
  ...COSTS,
  test_images: count("number of test images"),
  data: text("fingerprint of the data"),
  fingerprint: text("the same for two runs if and only if network, training, data and seed are the same"),
  status: oneOf(RUN_STATUSES, "status of the run"),
  reason: optional(text("why it failed or is not needed, or the run it was copied from")),
};

export const SUMMARY_COLUMNS = {
  ...RUN,
  ...AXES,
  ...DRAWN,
  ...COSTS,
  ...TRAINED,
  ...TESTED,
  best_epoch: count("first epoch with the lowest validation error"),
  epochs: count("number of epochs trained"),
  ...TIMES,
};

export const EPOCH_COLUMNS = {
  epoch: count("number of the epoch, from 1"),
  step: count("steps of the optimizer so far"),
  learning_rate: amount("learning rate of the last step"),
  ...TRAINED,
  ...TIMES,
};

export const RESULT_COLUMNS = {
  fingerprint: text("fingerprint of the run, as in plan.csv"),
  checksum: text("checksum of all other cells except the times"),
  params: COSTS.params,
  params_total: count("number of parameters, including moving statistics"),
  macs: COSTS.macs,
  epochs: SUMMARY_COLUMNS.epochs,
  best_epoch: SUMMARY_COLUMNS.best_epoch,
  selected_epoch: count("epoch whose weights were tested"),
  ...TRAINED,
  ...TESTED,
  predictions: optional(text("checksum of predictions.npy; empty if predictions were not kept")),
  ...TIMES,
};

export const CONFUSION_COLUMNS = {
  class: count("index of the class, from 0"),
  class_name: text("name of the class"),
  predicted: count("index of the class with the largest logit; of several, one that is wrong"),
  predicted_name: text("name of that class"),
  images: count("test images"),
};

export const GATE_COLUMNS = {
  gate: text("node of the gate, such as `stage1.block2.se.gate`"),
  channels: count("number of channels that the gate scales"),
  mean: number("mean of the activations"),
  saturated: share("fraction of the activations below 0.01 or above 0.99"),
  class_specificity: share(
    "fraction of the variance over images that lies between classes, averaged over channels; 0 if all classes have the same mean",
  ),
  error: share("test error of the unchanged network"),
  error_with_mean: share("test error with the gate's factors replaced by their means over all images"),
  worth: number("increase in test error due to this replacement"),
  worth_low: number("lower end of the 95 % interval of `worth` over images"),
  worth_high: number("upper end of the 95 % interval of `worth` over images"),
};

export const EXCITATION_COLUMNS = {
  gate: GATE_COLUMNS.gate,
  channel: count("index of the channel, from 0"),
  class: text("name of the class"),
  mean: optional(number("mean activation over the test images of the class; empty if there are none")),
  deviation: optional(number("standard deviation of these activations")),
};

/** Columns with times, which differ between two identical runs. */
export const TIME_COLUMNS: readonly string[] = Object.keys(TIMES);

/** The metrics by which variants can be compared. For all of them, lower is better. */
export const METRIC_COLUMNS = [
  "test_error",
  "test_balanced_error",
  "test_error_top5",
  "test_loss",
  "test_calibration_error",
  "validation_error",
  "validation_loss",
  "train_error",
  "train_loss",
] as const;

export type MetricColumn = (typeof METRIC_COLUMNS)[number];

export type ConfusionRow = WholeRow<typeof CONFUSION_COLUMNS>;
export type EpochRow = WholeRow<typeof EPOCH_COLUMNS>;
export type ResultRow = WholeRow<typeof RESULT_COLUMNS>;
export type GateRow = WholeRow<typeof GATE_COLUMNS>;
export type ExcitationRow = WholeRow<typeof EXCITATION_COLUMNS>;

/** The cells that the rows of summary.csv and of result.csv share, as they are read. */
export type Outcome = RowOf<typeof TRAINED & typeof TESTED & typeof TIMES>;
