// The folder of a sweep -> its runs as the tables tell of them. A file that is damaged is named, and the rest is read.

import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { readSource } from "../config/source.js";
import { InputError } from "../diagnostic.js";
import { METRIC_COLUMNS } from "../records/columns.js";
import { readCsv } from "../records/csv.js";
import { readResult, runFolder } from "../records/run-folder.js";

export type TableRow = Readonly<Record<string, string>>;

export interface PlannedRun {
  /** `<variant>/seed-<n>`: its folder, below the sweep's. */
  readonly run: string;
  readonly variant: string;
  readonly seed: string;
  /** `r=4;bias=true` */
  readonly axes: string;
  /** `parameters of se-r4 -0.012 % (widths 64 -> 66)`, where it was made to cost as much as another. */
  readonly match: string;
  readonly params: number;
  readonly macs: number;
  readonly status: string;
  readonly reason: string;
  /** Its row in summary.csv; null where it has not finished. */
  readonly result: TableRow | null;
}

export interface SweepTables {
  readonly name: string;
  readonly folder: string;
  readonly runs: readonly PlannedRun[];
  /** What the sweep's own file asks for, where it does. */
  readonly asked: { readonly baseline?: string; readonly metric?: string };
  /** Fingerprint of the data the sweep's runs saw; empty where no run has begun. */
  readonly dataset: string;
  /** Files that could not be read, each with why. */
  readonly damaged: readonly string[];
}

/** Throws InputError where the folder holds no sweep. */
export function readSweep(folder: string): SweepTables {
  const damaged: string[] = [];
  const plan = readTable(join(folder, "plan.csv"), damaged);
  const summary = readTable(join(folder, "summary.csv"), damaged);
  // Either table tells of the finished runs.
  const rows = plan ?? summary?.map((row): TableRow => ({ ...row, status: "finished" }));
  if (!rows)
    throw new InputError([`${folder} is no folder of a sweep: it has no plan.csv`, ...damaged].join("\n"));
  const results = new Map(summary?.map((row) => [row.run, row]));
  const resultOf = ({ run = "", fingerprint }: TableRow): TableRow | null => {
    if (summary) return results.get(run) ?? null;
    const result = readResult(join(folder, run));
    return result && result.fingerprint === fingerprint ? result : null;
  };
  const runs = rows.map((row): PlannedRun => {
    const { run = "", variant = "", seed = "", axes = "", match = "", status = "", reason = "" } = row;
    const [params, macs] = [Number(row.params), Number(row.macs)];
    return { run, variant, seed, axes, match, params, macs, status, reason, result: resultOf(row) };
  });
  for (const { run, result } of runs)
    for (const column of METRIC_COLUMNS)
      if (Number.isNaN(Number(result?.[column] ?? 0)))
        damaged.push(`${join(folder, run)}: ${column} is no number: ${result?.[column]}`);
  return {
    name: basename(resolve(folder)),
    folder,
    runs,
    asked: comparisonIn(join(folder, "sweep.yaml"), damaged),
    dataset: datasetOf(folder, runs),
    damaged,
  };
}

/** Null where the file is missing or, which is then said, damaged. */
export function readTable(file: string, damaged: string[]): TableRow[] | null {
  try {
    return readCsv(file);
  } catch (error) {
    damaged.push(`${file} is damaged and left out: ${(error as Error).message}`);
    return null;
  }
}

function comparisonIn(file: string, damaged: string[]): SweepTables["asked"] {
  if (!existsSync(file)) return {};
  try {
    const { value } = readSource(file);
    return (value as { compare?: SweepTables["asked"] } | null)?.compare ?? {};
  } catch {
    damaged.push(`${file} is damaged: baseline and metric are the usual ones`);
    return {};
  }
}

/** Of the first run that has begun. */
function datasetOf(folder: string, runs: readonly PlannedRun[]): string {
  const begun = runs.map(({ run }) => runFolder(join(folder, run)).environment).find(existsSync);
  if (begun === undefined) return "";
  try {
    return String(JSON.parse(readFileSync(begun, "utf8")).datasetFingerprint ?? "");
  } catch {
    return "";
  }
}
