// The tables: the columns of every CSV file, what a cell of each may hold and what it means.

import { createHash } from "node:crypto";

/** An empty cell is allowed in every column: there is nothing to say. */
export type CellKind = "text" | "count" | "share" | "amount" | "number" | "shares";

export interface Column {
  readonly name: string;
  readonly kind: CellKind;
  /** Of its numbers; none where they are counts, or shares of 1. */
  readonly unit?: string;
}

export type Table = readonly Column[];

export type Row = Readonly<Record<string, string | number>>;

const columns = (kind: CellKind, ...names: readonly string[]): Column[] =>
  names.map((name) => ({ name, kind }));

const measured = (unit: string, ...names: readonly string[]): Column[] =>
  names.map((name) => ({ name, kind: "amount", unit }));

/** Losses are mean cross-entropies in nats, errors shares of the images, both over a whole set. */
const TRAINED: Table = [
  ...measured("nats", "train_loss"),
  ...columns("share", "train_error"),
  ...measured("nats", "validation_loss"),
  ...columns("share", "validation_error"),
];
/**
 * The balanced error is the mean of the classes' errors; the majority error that of always answering the class with most
 * training images; the errors by class are a JSON list in the order of the classes, null for one without test images.
 */
const TESTED: Table = [
  ...measured("nats", "test_loss"),
  ...columns("share", "test_error", "test_error_top5", "test_balanced_error", "majority_error"),
  ...columns("shares", "test_errors_by_class"),
];
const TIMES = [...measured("s", "seconds"), ...measured("images / s", "images_per_second")];

/** One row a run of a sweep. */
export const PLAN_COLUMNS: Table = [
  ...columns("text", "run", "variant"),
  ...columns("count", "seed"),
  ...columns("text", "template", "axes", "match"),
  ...columns("count", "params", "macs", "test_images"),
  ...columns("text", "data", "fingerprint", "status", "reason"),
];

/** One row a finished run. */
export const SUMMARY_COLUMNS: Table = [
  ...columns("text", "run", "variant"),
  ...columns("count", "seed"),
  ...columns("text", "axes"),
  ...columns("count", "params", "macs"),
  ...TRAINED,
  ...TESTED,
  ...columns("count", "best_epoch", "epochs"),
  ...TIMES,
];

/** What variants can be compared by: all of them better when lower. */
export const METRIC_COLUMNS = [
  ...["test_error", "test_balanced_error", "test_error_top5", "test_loss", "validation_error"],
  ...["validation_loss", "train_error", "train_loss"],
] as const;

/** One row an epoch. */
export const EPOCH_COLUMNS: Table = [
  ...columns("count", "epoch", "step"),
  ...columns("amount", "learning_rate"),
  ...TRAINED,
  ...TIMES,
];

/** One row: how a run ended. The checksum is that of all other cells but the times. */
export const RESULT_COLUMNS: Table = [
  ...columns("text", "fingerprint", "checksum"),
  ...columns("count", "params", "params_total", "macs", "epochs", "best_epoch", "selected_epoch"),
  ...TRAINED,
  ...TESTED,
  ...TIMES,
];

/** One row a gate of a run. */
export const GATE_COLUMNS: Table = [
  ...columns("text", "gate"),
  ...columns("count", "channels"),
  ...columns("number", "mean"),
  ...columns("share", "saturated", "class_specificity", "error", "error_with_mean"),
  ...columns("number", "worth", "worth_low", "worth_high"),
];

/** One row a gate, channel and class. */
export const EXCITATION_COLUMNS: Table = [
  ...columns("text", "gate"),
  ...columns("count", "channel"),
  ...columns("text", "class"),
  ...columns("number", "mean", "deviation"),
];

/** One row a variant: a comparison in plain numbers. */
export const COMPARISON_COLUMNS: Table = [
  ...columns("text", "variant", "baseline", "axes", "match"),
  ...columns("count", "params", "macs"),
  ...measured("s", "seconds"),
  ...columns("count", "runs", "failed", "planned"),
  ...columns("amount", "mean", "deviation"),
  ...columns("number", "low", "high", "difference", "difference_low", "difference_high"),
  ...columns("share", "p", "p_holm", "smallest_p"),
  ...columns("number", "effect"),
];

/** Columns that hold times: they differ between two equal runs. */
export const TIME_COLUMNS: readonly string[] = TIMES.map(({ name }) => name);

/** SHA-256 of what rows say, but for times and for checksums themselves. */
export function checksumOf(table: Table, rows: readonly Row[]): string {
  const names = table
    .map(({ name }) => name)
    .filter((name) => name !== "checksum" && !TIME_COLUMNS.includes(name));
  const texts = rows.map((row) => names.map((name) => String(row[name] ?? "")));
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 32);
}

/** What is wrong with a cell, in words; null where it holds what it may. */
export function problemOfCell(text: string, kind: CellKind): string | null {
  return text === "" || CELLS[kind].holds(text) ? null : `is ${text.slice(0, 40)}, not ${CELLS[kind].words}`;
}

const isNumber = (text: string) => text.trim() === text && Number.isFinite(Number(text));

const CELLS: { readonly [Kind in CellKind]: { readonly words: string; holds(text: string): boolean } } = {
  text: { words: "a text", holds: () => true },
  count: {
    words: "a whole number from 0",
    holds: (text) => isNumber(text) && Number.isSafeInteger(Number(text)) && Number(text) >= 0,
  },
  share: {
    words: "a share from 0 to 1",
    holds: (text) => isNumber(text) && Number(text) >= 0 && Number(text) <= 1,
  },
  amount: { words: "a number from 0", holds: (text) => isNumber(text) && Number(text) >= 0 },
  number: { words: "a number", holds: isNumber },
  shares: { words: "a list of shares from 0 to 1", holds: (text) => sharesIn(text) !== null },
};

/** A cell of kind `shares`; null where it is none. */
export function sharesIn(text: string): (number | null)[] | null {
  try {
    const list: unknown = JSON.parse(text);
    const isShare = (value: unknown) =>
      value === null || (typeof value === "number" && value >= 0 && value <= 1);
    return Array.isArray(list) && list.every(isShare) ? list : null;
  } catch {
    return null;
  }
}
