// The files that a sweep has written, in a form that tests can compare.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { RowOf, Table } from "../../src/records/columns.js";
import { readCsv } from "../../src/records/csv.js";
import { isLockFile } from "../../src/records/lock.js";
import { TABLES } from "../../src/records/report-tables.js";
import { PLAN_COLUMNS, TIME_COLUMNS } from "../../src/records/tables.js";

/** All files below a folder, sorted, with forward slashes, except for locks of processes that were killed. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile() && !isLockFile(basename(name)))
    .map((name) => name.replaceAll("\\", "/"))
    .sort();
}

/** Name -> content of the files that must be the same every time: tables without their times, checkpoints, configurations. */
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

const COLUMNS = new Map<string, Table>(Object.entries(TABLES).map(([name, { columns }]) => [name, columns]));

function withoutTimes(file: string): object[] {
  const table = readCsv(file, COLUMNS.get(basename(file)) ?? {});
  assert.deepEqual(table?.problems, []);
  return (table?.rows ?? []).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([column]) => !TIME_COLUMNS.includes(column))),
  );
}

/** Name -> time of the last change, for the files of all runs. */
export function changeTimes(folder: string): Record<string, number> {
  return Object.fromEntries(
    filesIn(folder)
      .filter((name) => name.includes("/seed-"))
      .map((name) => [name, statSync(join(folder, name)).mtimeMs]),
  );
}

/** Run -> status in plan.csv. */
export function statuses(folder: string): Record<string, string> {
  return Object.fromEntries(planOf(folder).map(({ run, status }) => [run, status ?? ""]));
}

export function planOf(folder: string): readonly RowOf<typeof PLAN_COLUMNS>[] {
  return readCsv(join(folder, "plan.csv"), PLAN_COLUMNS)?.rows ?? [];
}

export function logOf(folder: string, run: string): string {
  const file = join(folder, run, "log.txt");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
