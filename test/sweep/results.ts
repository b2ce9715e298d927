// What a sweep left in its folder, as tests compare it.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import {
  EPOCH_COLUMNS,
  PLAN_COLUMNS,
  RESULT_COLUMNS,
  SUMMARY_COLUMNS,
  type Table,
  TIME_COLUMNS,
} from "../../src/records/columns.js";
import { readCsv, type TextRow } from "../../src/records/csv.js";
import { isLockFile } from "../../src/records/lock.js";

/** All files below a folder, sorted, with forward slashes; but for the locks of processes that were killed. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile() && !isLockFile(basename(name)))
    .map((name) => name.replaceAll("\\", "/"))
    .sort();
}

/** Name -> content of what has to be the same each time: tables without their times, checkpoints, configurations. */
export function reproducible(folder: string): Record<string, unknown> {
  return Object.fromEntries(
    filesIn(folder)
      .filter((name) => !/(environment\.json|log\.txt)$/.test(name))
      .map((name) => {
        const file = join(folder, name);
        return [name, name.endsWith(".csv") ? withoutTimes(file) : readFileSync(file).toString("base64")];
      }),
  );
}

const TABLES: Readonly<Record<string, Table>> = {
  "plan.csv": PLAN_COLUMNS,
  "summary.csv": SUMMARY_COLUMNS,
  "epochs.csv": EPOCH_COLUMNS,
  "result.csv": RESULT_COLUMNS,
};

function withoutTimes(file: string): TextRow[] {
  const table = readCsv(file, TABLES[basename(file)] as Table);
  assert.deepEqual(table?.problems, []);
  return (table?.rows ?? []).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([column]) => !TIME_COLUMNS.includes(column))),
  );
}

/** Name -> time of the last change of every run's files. */
export function changeTimes(folder: string): Record<string, number> {
  return Object.fromEntries(
    filesIn(folder)
      .filter((name) => name.includes("/seed-"))
      .map((name) => [name, statSync(join(folder, name)).mtimeMs]),
  );
}

/** Run -> status in plan.csv. */
export function statuses(folder: string): Record<string, string> {
  return Object.fromEntries(planOf(folder).map(({ run, status }) => [run, status]));
}

export function planOf(folder: string): readonly TextRow[] {
  return readCsv(join(folder, "plan.csv"), PLAN_COLUMNS)?.rows ?? [];
}

export function logOf(folder: string, run: string): string {
  const file = join(folder, run, "log.txt");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
