// The confusion.csv of runs -> the mean confusion matrix of each variant.

import { join } from "node:path";
import { runFolder } from "../records/run-folder.js";
import { CONFUSION_COLUMNS } from "../records/tables.js";
import { variantLabels } from "./comparable-variants.js";
import { readTable, type SweepTables } from "./read-sweep.js";

/** [class, predicted class]: the mean number of test images over runs. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** By variant, of those whose finished runs have the table. Adds messages about files that cannot be read to `damaged`. */
export function readConfusions(
  sweeps: readonly SweepTables[],
  damaged: string[],
): ReadonlyMap<string, ConfusionMatrix> {
  const matrices = new Map<string, ConfusionMatrix>();
  for (const { sweep, label, runs } of variantLabels(sweeps)) {
    const tables = runs
      .filter(({ result }) => result !== null)
      .flatMap(({ run }) => {
        const rows = readTable(runFolder(join(sweep.folder, run)).confusion, CONFUSION_COLUMNS, damaged);
        return rows && rows.length > 0 ? [rows] : [];
      });
    const cells = tables.flat();
    if (cells.length === 0) continue;
    const classes =
      1 + Math.max(...cells.map(({ class: one, predicted }) => Math.max(one ?? 0, predicted ?? 0)));
    const sums = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    for (const { class: one, predicted, images } of cells) {
      const row = sums[one ?? 0];
      if (row) row[predicted ?? 0] = (row[predicted ?? 0] ?? 0) + (images ?? 0) / tables.length;
    }
    matrices.set(label, sums);
  }
  return matrices;
}
