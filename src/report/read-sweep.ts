// The folder of a sweep -> its runs as the tables tell of them. A file that is damaged is named, and the rest is read.

import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { readSource } from "../config/source.js";
import { didYouMean } from "../config/suggest.js";
import { InputError } from "../diagnostic.js";
import type { RowOf, Table } from "../records/columns.js";
import { readCsv } from "../records/csv.js";
import { runFolder } from "../records/run-folder.js";
import type { RunStatus } from "../records/run-status.js";
import { type Outcome, PLAN_COLUMNS, RESULT_COLUMNS, SUMMARY_COLUMNS } from "../records/tables.js";
import type { AxisValues, Match } from "../records/variant-cells.js";

export interface PlannedRun {
  /** `<variant>/seed-<n>`: its folder, below the sweep's. */
  readonly run: string;
  readonly variant: string;
  readonly seed: number;
  /** The variant's name before its axes were filled in; its name where the plan does not say. */
  readonly template: string;
  readonly axes: AxisValues;
  readonly match: Match | null;
  readonly params: number;
  readonly macs: number;
  /** Images of the test set; null where the plan does not say. */
  readonly testImages: number | null;
  /** Of the data and of the run; null where the plan does not say. */
  readonly data: string | null;
  readonly fingerprint: string | null;
  readonly status: RunStatus;
  readonly reason: string;
  /** How it ended; null where it has not finished. */
  readonly result: Outcome | null;
}

export interface SweepTables {
  readonly name: string;
  readonly folder: string;
  readonly runs: readonly PlannedRun[];
  /** What the sweep's own file asks for, where it does. */
  readonly asked: { readonly baseline?: string; readonly metric?: string };
  /** Files that could not be read, each with why. */
  readonly damaged: readonly string[];
}

/** Throws InputError where the folder holds no sweep. */
export function readSweep(folder: string): SweepTables {
  const damaged: string[] = [];
  const planFile = join(folder, "plan.csv");
  const plan = readTable(planFile, PLAN_COLUMNS, damaged);
  const summary = readTable(join(folder, "summary.csv"), SUMMARY_COLUMNS, damaged);
  // Either table tells of the finished runs.
  const rows = plan ?? summary?.map(planOf);
  if (!rows || rows.length === 0) {
    throw new InputError(
      [rows ? `the plan of ${folder} has no runs` : noSweep(folder), ...damaged].join("\n"),
    );
  }
  const results = new Map(summary?.map((row) => [row.run, row]));
  const resultOf = (run: string, fingerprint: string | null): Outcome | null => {
    const summarised = results.get(run) ?? null;
    // The summary only repeats what the run itself says; where a row of it is lost or damaged, that stands.
    if (summarised && summarised.test_error !== null) return summarised;
    const [result] = readTable(runFolder(join(folder, run)).result, RESULT_COLUMNS, damaged) ?? [];
    return result && result.fingerprint === fingerprint ? result : summarised;
  };
  const seen = new Set<string>();
  const runs = rows.flatMap((row): PlannedRun[] => {
    const leaveOut = (problem: string) => {
      damaged.push(`${planFile}: ${problem}`);
      return [];
    };
    const run = row.run ?? "";
    if (!isInside(run)) return leaveOut(`no folder of a run: ${run}`);
    if (seen.has(run)) return leaveOut(`left out, ${run} stands there twice`);
    seen.add(run);
    const seed = row.seed ?? seedIn(run);
    if (seed === null) return leaveOut(`left out, nothing says which seed ${run} has`);
    const result = resultOf(run, row.fingerprint);
    const status = row.status ?? (result ? "finished" : "pending");
    return [{ ...plannedRun(row), run, seed, status, result }];
  });
  return {
    name: basename(resolve(folder)),
    folder,
    runs,
    asked: comparisonIn(join(folder, "sweep.yaml"), damaged),
    damaged,
  };
}

/** What a row says of a run that has a name. */
function plannedRun(row: RowOf<typeof PLAN_COLUMNS>): Omit<PlannedRun, "run" | "seed" | "status" | "result"> {
  const variant = row.variant ?? "";
  return {
    variant,
    template: row.template ?? variant,
    axes: row.axes ?? {},
    match: row.match,
    params: row.params ?? 0,
    macs: row.macs ?? 0,
    testImages: row.test_images,
    data: row.data,
    fingerprint: row.fingerprint,
    reason: row.reason ?? "",
  };
}

/** What a plan would say of a run that the summary has. */
function planOf(row: RowOf<typeof SUMMARY_COLUMNS>): RowOf<typeof PLAN_COLUMNS> {
  const unknown = { template: null, match: null, test_images: null, data: null, fingerprint: null };
  return { ...row, ...unknown, status: "finished", reason: null };
}

/** `<variant>/seed-<n>` -> n */
function seedIn(run: string): number | null {
  const digits = /seed-(\d+)$/.exec(run)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** What may have been meant instead. */
function noSweep(folder: string): string {
  if (existsSync(folder)) {
    const above = [join(folder, ".."), join(folder, "..", "..")];
    const sweep = above.find((one) => existsSync(join(one, "plan.csv")));
    const hint = sweep === undefined ? "" : `; it is part of the sweep ${sweep}`;
    return `${folder} is no folder of a sweep: it has no plan.csv${hint}`;
  }
  const parent = dirname(resolve(folder));
  const names = existsSync(parent) ? readdirSync(parent) : [];
  if (existsSync(join("runs", folder, "plan.csv")))
    return `there is no folder ${folder}; did you mean \`${join("runs", folder)}\`?`;
  return `there is no folder ${folder}${didYouMean(basename(resolve(folder)), names)}`;
}

/** Null where the file is missing or, which is then said, damaged. */
export function readTable<T extends Table>(
  file: string,
  table: T,
  damaged: string[],
): readonly RowOf<T>[] | null {
  try {
    const read = readCsv(file, table);
    damaged.push(...(read?.problems ?? []).map((problem) => `${file}: left out, ${problem}`));
    return read?.rows ?? null;
  } catch (error) {
    damaged.push(`${file} is damaged and left out: ${(error as Error).message}`);
    return null;
  }
}

function comparisonIn(file: string, damaged: string[]): SweepTables["asked"] {
  if (!existsSync(file)) return {};
  try {
    const { value } = readSource(file);
    const { baseline, metric } = ((value as { compare?: object } | null)?.compare ?? {}) as Record<
      string,
      unknown
    >;
    return {
      ...(typeof baseline === "string" ? { baseline } : {}),
      ...(typeof metric === "string" ? { metric } : {}),
    };
  } catch {
    damaged.push(`${file} is damaged: baseline and metric are the usual ones`);
    return {};
  }
}

/** Whether the folder of a run is below that of its sweep. */
function isInside(run: string): boolean {
  return run !== "" && !isAbsolute(run) && !run.split(/[\\/]/).includes("..");
}
