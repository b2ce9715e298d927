// The columns of the tables that reports write, and all tables by file name.

import { amount, count, indices, number, oneOf, optional, share, text } from "./columns.js";
import {
  AXES,
  CONFUSION_COLUMNS,
  COSTS,
  EPOCH_COLUMNS,
  EXCITATION_COLUMNS,
  GATE_COLUMNS,
  MATCH,
  PLAN_COLUMNS,
  RESULT_COLUMNS,
  SUMMARY_COLUMNS,
} from "./tables.js";
import { valuesByPath } from "./variant-cells.js";

export const COMPARISON_COLUMNS = {
  variant: text("name of the variant; `<sweep>/<variant>` if several sweeps are compared"),
  baseline: text("variant it is compared with; for a baseline, its own name"),
  ...AXES,
  ...MATCH,
  ...COSTS,
  seconds: optional(amount("mean duration of a run", "s")),
  runs: count("number of finished runs"),
  failed: count("number of failed runs"),
  planned: count("number of planned runs, including finished and failed ones"),
  mean: optional(amount("mean of the metric over the runs")),
  deviation: optional(amount("sample standard deviation of the metric")),
  low: optional(number("lower end of the 95 % interval of the mean")),
  high: optional(number("upper end of the 95 % interval of the mean")),
  difference: optional(number("mean difference from the baseline, over the seeds that both have finished")),
  difference_low: optional(number("lower end of the 95 % interval of the difference")),
  difference_high: optional(number("upper end of the 95 % interval of the difference")),
  p: optional(share("p-value of the sign-flip test of the difference")),
  p_holm: optional(share("p-value after Holm's correction for all comparisons")),
  smallest_p: optional(share("smallest p-value that is possible with this number of seeds")),
  effect: optional(number("mean / standard deviation of the differences")),
  decision: optional(text("if seeds are added until a decision: what was decided (docs/seeds.md)")),
  decision_seeds: optional(count("after how many seeds")),
};

const COMPARED = {
  variant: COMPARISON_COLUMNS.variant,
  baseline: COMPARISON_COLUMNS.baseline,
};

export const EVIDENCE_COLUMNS = {
  ...COMPARED,
  calibration_error: optional(share("expected calibration error, mean over the runs")),
  members: count("number of runs whose predictions are known"),
  vote_error: optional(share("test error of the class that most of these runs predict")),
  disagreement: optional(
    share("share of images of which two runs predict different classes, mean over pairs of runs"),
  ),
  error_seeds: optional(amount("standard error of the difference in test error over seeds")),
  error_images: optional(amount("standard error of that difference over test images")),
  error_both: optional(amount("standard error of that difference over both")),
  gate_correlation: optional(
    number(
      "after `squeezebox excite`: rank correlation over classes of how far the gates' activations are from their means with the difference in the error of the class",
    ),
  ),
  gate_p: optional(share("p-value of this correlation")),
  gained: optional(indices("test images that all runs classify correctly and no run of the baseline does")),
  lost: optional(indices("test images that no run classifies correctly and all runs of the baseline do")),
};

export const CLASS_COLUMNS = {
  ...COMPARED,
  class: CONFUSION_COLUMNS.class,
  class_name: CONFUSION_COLUMNS.class_name,
  difference: number("mean difference in the test error of this class from the baseline"),
  p: share("p-value of the difference"),
  p_holm: share("p-value after Holm's correction for the classes of the variant"),
};

export const VARIANCE_COLUMNS = {
  source: text("init, order, augmentation, dropout, split, or rest: what they do together, and rounding"),
  freedom: count("degrees of freedom"),
  mean_square: amount("mean square of the metric"),
  p: optional(share("p-value of the F test against the rest; empty for the rest")),
  variance: amount("variance of the metric because of this source"),
  share: share("share of the variance"),
};

export const TUNING_COLUMNS = {
  variant: COMPARED.variant,
  values: valuesByPath("the values that were tried"),
  runs: count("number of finished runs"),
  failed: count("number of failed runs; values with any are not chosen if others have none"),
  mean: optional(amount("mean over the runs of the metric by which values are chosen")),
  chosen: oneOf({ yes: null, no: null }, "whether the variant was compared with these values"),
};

export const LOOK_COLUMNS = {
  variant: COMPARED.variant,
  runs: TUNING_COLUMNS.runs,
  failed: count("number of failed runs; variants with any rank after those without"),
  mean: optional(amount("mean over the runs of the metric by which variants are ranked")),
  rank: optional(count("rank of the variant, from 1; empty for the baseline")),
  goes_on: oneOf({ yes: null, no: null }, "whether training the variant goes on"),
};

/** What the nodes of a training step are for, in the order of tables. */
export const PHASES = {
  "convolutions forward": null,
  "gradients of inputs": null,
  "gradients of filters": null,
  "matrix products": null,
  BatchNorm: null,
  "element by element": null,
  updates: null,
  conversions: null,
} as const;

export type Phase = keyof typeof PHASES;

export const PROFILE_COLUMNS = {
  layer: text("layer that a node comes from; empty for the loss and the optimizer"),
  kernel: text("kernel of the training step of which the node is a part"),
  op: text("what is executed"),
  phase: oneOf(PHASES, "what the node is for"),
  seconds: amount("duration in a step, on average", "s"),
  bytes: amount("read and written in a step", "bytes"),
  operations: amount(
    "multiplications and additions in a step; 0 except for convolutions and matrix products",
  ),
};

/** Every table by file name, with what one row stands for. */
export const TABLES = {
  "plan.csv": { rows: "a run of a sweep", columns: PLAN_COLUMNS },
  "summary.csv": { rows: "a finished run of a sweep", columns: SUMMARY_COLUMNS },
  "epochs.csv": { rows: "an epoch of a run", columns: EPOCH_COLUMNS },
  "result.csv": { rows: "the result of a run", columns: RESULT_COLUMNS },
  "confusion.csv": {
    rows: "a class and one that some of its test images were taken for",
    columns: CONFUSION_COLUMNS,
  },
  "gates.csv": { rows: "a gate of a run", columns: GATE_COLUMNS },
  "excitation.csv": { rows: "a gate, channel and class", columns: EXCITATION_COLUMNS },
  "table.csv": { rows: "a variant of a comparison", columns: COMPARISON_COLUMNS },
  "evidence.csv": {
    rows: "a variant of a comparison, by the predictions of its runs",
    columns: EVIDENCE_COLUMNS,
  },
  "variance.csv": { rows: "a source of chance, by `squeezebox variance`", columns: VARIANCE_COLUMNS },
  "profile.csv": { rows: "a node of a training step, by `squeezebox profile`", columns: PROFILE_COLUMNS },
  "classes.csv": { rows: "a variant of a comparison and a class", columns: CLASS_COLUMNS },
  "look.csv": { rows: "a variant of a sweep that is halved, after some epochs", columns: LOOK_COLUMNS },
  "tuning.csv": { rows: "a variant and a combination of values that was tried", columns: TUNING_COLUMNS },
};
