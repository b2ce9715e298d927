// The results of runs -> their test errors by class, and that of always predicting the most frequent class.

import type { PlannedRun } from "./read-sweep.js";

/** Null if the most frequent class has at most 1.5 times the images that it would have if classes were balanced. */
export function majorityErrorOf(runs: readonly PlannedRun[]): number | null {
  const finished = runs.flatMap(({ result }) => (result ? [result] : []));
  const error = onlyOf(finished.map(({ majority_error }) => majority_error));
  const classes = finished[0]?.test_errors_by_class?.filter((one) => one !== null).length;
  if (error === null || !classes) return null;
  return 1 - error > 1.5 / classes ? error : null;
}

/** The test error of each class, averaged over the runs; null if no run has it. An element is null if the class has no images. */
export function meanByClass(runs: readonly PlannedRun[]): (number | null)[] | null {
  const lists = runs.flatMap(({ result }) => {
    const shares = result?.test_errors_by_class;
    return shares ? [shares] : [];
  });
  const [first] = lists;
  if (!first || lists.some((list) => list.length !== first.length)) return null;
  return first.map((_, label) => {
    const own = lists.flatMap((list) => list[label] ?? []);
    return own.length === 0 ? null : own.reduce((sum, error) => sum + error, 0) / own.length;
  });
}

/** The value that all have; null if they differ. */
export function onlyOf<T>(values: readonly T[]): T | null {
  return new Set(values).size === 1 ? (values[0] as T) : null;
}
