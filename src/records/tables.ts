// The tables: the columns of every CSV file.

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
import { axes, match } from "./variant-cells.js";

const TRAINED = {
  train_loss: amount("cross-entropy over the epoch, while the weights change", "nats"),
  train_error: share("of the training images, over the epoch, while the weights change"),
  validation_loss: amount("cross-entropy of the validation set", "nats"),
  validation_error: share("of the validation images that are taken for another class"),
};

const TESTED = {
  test_loss: amount("cross-entropy of the test set", "nats"),
  test_error: share("of the test images that are taken for another class"),
  test_error_top5: share("of the test images whose class is not among the five likeliest"),
  test_balanced_error: share("the mean of the classes' test errors"),
  majority_error: share("the test error of always answering the class with most training images"),
  test_errors_by_class: shares(
    "the test error of each class in the order of the classes; null without test images",
  ),
};

const TIMES = {
  seconds: amount("how long it took", "s"),
  images_per_second: amount("training images, while training", "images / s"),
};

const COSTS = {
  params: count("trainable parameters"),
  macs: count("multiply-accumulates for one image"),
};

const AXES = {
  axes: axes('the axes of its variant, as in `{"r":4,"bias":true}`'),
};

const RUN = {
  run: text("`<variant>/seed-<n>`: its folder, below that of the sweep"),
  variant: text("its variant"),
  seed: count("its seed"),
};

const MATCH = {
  match: optional(
    match(
      "where its variant was made to cost as much as another: `cost` (`params` or `macs`), `of` (the other), `change`, `ratio` (its cost / that of the other)",
    ),
  ),
};

export const PLAN_COLUMNS = {
  ...RUN,
  template: text("the variant's name before its axes were filled in"),
  ...AXES,
  ...MATCH,
  ...COSTS,
  test_images: count("images of the test set"),
  data: text("fingerprint of what it sees"),
  fingerprint: text("what decides whether two runs are the same: network, training, data, seed"),
  status: oneOf(RUN_STATUSES, "what has become of it"),
  reason: optional(text("why it failed, or the run it was copied from")),
};

export const SUMMARY_COLUMNS = {
  ...RUN,
  ...AXES,
  ...COSTS,
  ...TRAINED,
  ...TESTED,
  best_epoch: count("the first epoch with the lowest validation error"),
  epochs: count("epochs it was trained for"),
  ...TIMES,
};

export const EPOCH_COLUMNS = {
  epoch: count("from 1"),
  step: count("training steps so far"),
  learning_rate: amount("of the last step"),
  ...TRAINED,
  ...TIMES,
};

export const RESULT_COLUMNS = {
  fingerprint: text("of the run, as in plan.csv"),
  checksum: text("of all other cells but the times"),
  params: COSTS.params,
  params_total: count("parameters and moving statistics"),
  macs: COSTS.macs,
  epochs: SUMMARY_COLUMNS.epochs,
  best_epoch: SUMMARY_COLUMNS.best_epoch,
  selected_epoch: count("the epoch whose weights were tested"),
  ...TRAINED,
  ...TESTED,
  ...TIMES,
};

export const GATE_COLUMNS = {
  gate: text("the gate's node, as in `stage1.block2.se.gate`"),
  channels: count("channels it has a factor for"),
  mean: number("of its activations"),
  saturated: share("of its activations below 0.01 or above 0.99"),
  class_specificity: share(
    "of the variance over images that lies between classes, averaged over channels; 0: the same for every class",
  ),
  error: share("test error of the network as it is"),
  error_with_mean: share("test error with its factors replaced by their means over all images"),
  worth: number("what replacing them adds to the test error"),
  worth_low: number("lower end of its 95 % interval over images"),
  worth_high: number("upper end of its 95 % interval over images"),
};

export const EXCITATION_COLUMNS = {
  gate: GATE_COLUMNS.gate,
  channel: count("from 0"),
  class: text("name of the class"),
  mean: optional(number("activation, over the test images of the class; empty where there are none")),
  deviation: optional(number("standard deviation of the same")),
};

export const COMPARISON_COLUMNS = {
  variant: text("`<sweep>/<variant>` where several sweeps are compared"),
  baseline: text("the variant it is compared with; its own name for a baseline"),
  ...AXES,
  ...MATCH,
  ...COSTS,
  seconds: optional(amount("of a run, on average", "s")),
  runs: count("runs that have finished"),
  failed: count("runs that failed"),
  planned: count("runs there will be"),
  mean: optional(amount("of the metric over the runs")),
  deviation: optional(amount("sample standard deviation of the same")),
  low: optional(number("lower end of the 95 % interval of the mean")),
  high: optional(number("upper end of the 95 % interval of the mean")),
  difference: optional(number("to the baseline, on average over the seeds that both have finished")),
  difference_low: optional(number("lower end of its 95 % interval")),
  difference_high: optional(number("upper end of its 95 % interval")),
  p: optional(share("of the sign-flip test of the difference")),
  p_holm: optional(share("the same, corrected for all comparisons by Holm")),
  smallest_p: optional(share("the smallest p that so many seeds can show")),
  effect: optional(number("mean / standard deviation of the differences")),
};

/** Columns that hold times: they differ between two equal runs. */
export const TIME_COLUMNS: readonly string[] = Object.keys(TIMES);

/** What variants can be compared by: all of them better when lower. */
export const METRIC_COLUMNS = [
  "test_error",
  "test_balanced_error",
  "test_error_top5",
  "test_loss",
  "validation_error",
  "validation_loss",
  "train_error",
  "train_loss",
] as const;

export type MetricColumn = (typeof METRIC_COLUMNS)[number];

export type EpochRow = WholeRow<typeof EPOCH_COLUMNS>;
export type ResultRow = WholeRow<typeof RESULT_COLUMNS>;
export type GateRow = WholeRow<typeof GATE_COLUMNS>;
export type ExcitationRow = WholeRow<typeof EXCITATION_COLUMNS>;

/** What a summary says of how a run ended, and its result, too; as it is read. */
export type Outcome = RowOf<typeof TRAINED & typeof TESTED & typeof TIMES>;

/** Every table by the name of its file, and what its rows are. */
export const TABLES = {
  "plan.csv": { rows: "a run of a sweep", columns: PLAN_COLUMNS },
  "summary.csv": { rows: "a finished run of a sweep", columns: SUMMARY_COLUMNS },
  "epochs.csv": { rows: "an epoch of a run", columns: EPOCH_COLUMNS },
  "result.csv": { rows: "how a run ended", columns: RESULT_COLUMNS },
  "gates.csv": { rows: "a gate of a run", columns: GATE_COLUMNS },
  "excitation.csv": { rows: "a gate, channel and class", columns: EXCITATION_COLUMNS },
  "table.csv": { rows: "a variant of a comparison", columns: COMPARISON_COLUMNS },
};
