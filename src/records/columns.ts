// The columns of every CSV file, in one table.

/** One row a run of a sweep. */
export const PLAN_COLUMNS = [
  "run",
  "variant",
  "seed",
  "axes",
  "match",
  "params",
  "macs",
  "data",
  "fingerprint",
  "status",
  "reason",
] as const;

/** One row a finished run. */
export const SUMMARY_COLUMNS = [
  ...[
    "run",
    "variant",
    "seed",
    "axes",
    "params",
    "macs",
    "train_loss",
    "train_error",
    "validation_loss",
    "validation_error",
  ],
  ...["test_loss", "test_error", "test_error_top5", "best_epoch", "epochs", "seconds", "images_per_second"],
] as const;

/** What variants can be compared by: all of them better when lower. */
export const METRIC_COLUMNS = [
  ...["test_error", "test_error_top5", "test_loss", "validation_error", "validation_loss"],
  ...["train_error", "train_loss"],
] as const;

/** One row an epoch. Losses are cross-entropies in nats, errors shares from 0 to 1, both over the whole set. */
export const EPOCH_COLUMNS = [
  ...["epoch", "step", "learning_rate", "train_loss", "train_error", "validation_loss", "validation_error"],
  ...["seconds", "images_per_second"],
] as const;

/** One row: how a run ended. */
export const RESULT_COLUMNS = [
  ...["fingerprint", "params", "params_total", "macs", "epochs", "best_epoch", "selected_epoch"],
  ...[
    "train_loss",
    "train_error",
    "validation_loss",
    "validation_error",
    "test_loss",
    "test_error",
    "test_error_top5",
  ],
  ...["seconds", "images_per_second"],
] as const;

/** Columns that hold times: they differ between two equal runs. */
export const TIME_COLUMNS: readonly string[] = ["seconds", "images_per_second"];

export type Row = Readonly<Record<string, string | number>>;
