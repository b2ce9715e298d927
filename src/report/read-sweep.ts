// The folder of a sweep -> its runs as the tables tell of them. A file that is damaged is named, and the rest is read.

import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { readSource } from "../config/source.js";
import { didYouMean } from "../config/suggest.js";
import { InputError } from "../diagnostic.js";
import { PLAN_COLUMNS, RESULT_COLUMNS, SUMMARY_COLUMNS, type Table } from "../records/columns.js";
import { readCsv, type TextRow } from "../records/csv.js";
import { runFolder } from "../records/run-folder.js";

export interface PlannedRun {
  /** `<variant>/seed-<n>`: its folder, below the sweep's. */
  readonly run: string;
  readonly variant: string;
  readonly seed: string;
  /** The variant's name before its axes were filled in; its name where the plan does not say. */
  readonly template: string;
  /** `r=4;bias=true` */
  readonly axes: string;
  /** `parameters of se-r4 -0.012 % (widths 64 -> 66)`, where it was made to cost as much as another. */
  readonly match: string;
  readonly params: number;
  readonly macs: number;
  /** Images of the test set; 0 where the plan does not say. */
  readonly testImages: number;
  /** Of the data and of the run; empty where the plan does not say. */
  readonly data: string;
  readonly fingerprint: string;
  readonly status: string;
  readonly reason: string;
  /** Its row in summary.csv; null where it has not finished. */
  readonly result: TextRow | null;
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
  const plan = readTable(join(folder, "plan.csv"), PLAN_COLUMNS, damaged);
  const summary = readTable(join(folder, "summary.csv"), SUMMARY_COLUMNS, damaged);
  // Either table tells of the finished runs.
  const rows = plan ?? summary?.map((row): TextRow => ({ ...row, status: "finished" }));
  if (!rows || rows.length === 0) {
    throw new InputError(
      [rows ? `the plan of ${folder} has no runs` : noSweep(folder), ...damaged].join("\n"),
    );
  }
  const results = new Map(summary?.map((row) => [row.run, row]));
  const resultOf = ({ run = "", fingerprint }: TextRow): TextRow | null => {
    const summarised = results.get(run);
    // The summary only repeats what the run itself says; where a row of it is lost or damaged, that stands.
    if (summarised?.test_error) return summarised;
    const [result] = readTable(runFolder(join(folder, run)).result, RESULT_COLUMNS, damaged) ?? [];
    return result && result.fingerprint === fingerprint ? result : (summarised ?? null);
  };
  const seen = new Set<string>();
  const runs = rows.flatMap((row): PlannedRun[] => {
    const { run = "", variant = "", seed = "", axes = "", match = "", status = "", reason = "" } = row;
    const [params, macs, testImages] = [Number(row.params), Number(row.macs), Number(row.test_images ?? 0)];
    const template = row.template || variant;
    const { data = "", fingerprint = "" } = row;
    if (!isInside(run)) {
      damaged.push(`${join(folder, "plan.csv")}: no folder of a run: ${run}`);
      return [];
    }
    if (seen.has(run)) {
      damaged.push(`${join(folder, "plan.csv")}: left out, ${run} stands there twice`);
      return [];
    }
    seen.add(run);
    const result = resultOf(row);
    const about = { run, variant, seed, template, axes, match, params, macs, testImages, data };
    return [{ ...about, fingerprint, status, reason, result }];
  });
  return {
    name: basename(resolve(folder)),
    folder,
    runs,
    asked: comparisonIn(join(folder, "sweep.yaml"), damaged),
    damaged,
  };
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
export function readTable(file: string, table: Table, damaged: string[]): readonly TextRow[] | null {
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
