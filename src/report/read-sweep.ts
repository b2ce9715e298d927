// The folder of a sweep -> its runs, read from the tables. Damaged files are reported and skipped.

import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readSource } from "../config/source.js";
import { type AskedComparison, readQuestion } from "../config/sweep-question.js";
import { InputError } from "../diagnostic.js";
import type { RowOf, Table } from "../records/columns.js";
import { readCsv } from "../records/csv.js";
import { isInside, runFolder } from "../records/run-folder.js";
import type { RunStatus } from "../records/run-status.js";
import { type Outcome, PLAN_COLUMNS, RESULT_COLUMNS, SUMMARY_COLUMNS } from "../records/tables.js";
import type { AxisValues, Match } from "../records/variant-cells.js";
import { didYouMean } from "../suggest.js";
import type { Needs } from "../sweep/seeds/seed-plan.js";
import { needsReader } from "../sweep/work/needs.js";
import { readOrders } from "../sweep/work/orders.js";
import { type Signs, signsIn, signsOf } from "../sweep/work/signs.js";

export interface PlannedRun {
  /** `<variant>/seed-<n>`, which is also its path inside the sweep's folder. */
  readonly run: string;
  readonly variant: string;
  readonly seed: number;
  /** The variant's name before axis values were filled in; the name itself if the plan does not have it. */
  readonly template: string;
  readonly axes: AxisValues;
  /** What its seed has drawn; empty if nothing is random. */
  readonly drawn: AxisValues;
  /** What was tuned for its variant; empty if nothing was. */
  readonly tuned: AxisValues;
  readonly match: Match | null;
  readonly params: number;
  readonly macs: number;
  /** The number of test images; null if the plan does not have it. */
  readonly testImages: number | null;
  /** The fingerprint of the data; null if the plan does not have it. */
  readonly data: string | null;
  /** The fingerprint of the run; null if the plan does not have it. */
  readonly fingerprint: string | null;
  readonly status: RunStatus;
  readonly reason: string;
  /** Null if the run has not finished. */
  readonly result: Outcome | null;
}

export interface SweepTables {
  readonly name: string;
  readonly folder: string;
  readonly runs: readonly PlannedRun[];
  /** The comparison that the sweep's file asks for; null if that is not known. */
  readonly asked: AskedComparison | null;
  /** Messages about files, rows and cells that could not be read. */
  readonly damaged: readonly string[];
}

/** Throws InputError if the folder is not the folder of a sweep or its plan has no runs. */
export function readSweep(folder: string): SweepTables {
  const damaged: string[] = [];
  const planFile = join(folder, "plan.csv");
  const plan = readTable(planFile, PLAN_COLUMNS, damaged);
  const summary = readTable(join(folder, "summary.csv"), SUMMARY_COLUMNS, damaged);
  // Without a plan, the summary still lists the finished runs.
  const rows = plan ?? summary?.map(planOf);
  if (!rows || rows.length === 0) {
    throw new InputError(
      [rows ? `the plan of ${folder} has no runs` : noSweep(folder), ...damaged].join("\n"),
    );
  }
  const results = new Map(summary?.map((row) => [row.run, row]));
  const resultOf = (run: string, fingerprint: string | null): Outcome | null => {
    const summarised = results.get(run) ?? null;
    // The summary only repeats the runs' own results, which replace rows that are missing or damaged.
    if (summarised && summarised.test_error !== null) return summarised;
    const [result] = readTable(runFolder(join(folder, run)).result, RESULT_COLUMNS, damaged) ?? [];
    return result && result.fingerprint === fingerprint ? result : summarised;
  };
  const seen = new Set<string>();
  const signs = signsIn(folder);
  const unneeded = unneededIn(folder, signs);
  const runs = rows.flatMap((row): PlannedRun[] => {
    const leaveOut = (problem: string) => {
      damaged.push(`${planFile}: ${problem}`);
      return [];
    };
    const run = row.run ?? "";
    if (!isInside(run)) return leaveOut(`ignored a row whose run is not inside the sweep's folder: ${run}`);
    if (seen.has(run)) return leaveOut(`ignored the second row of ${run}`);
    seen.add(run);
    const seed = row.seed ?? seedIn(run);
    if (seed === null) return leaveOut(`ignored ${run}, whose seed is unknown`);
    const result = resultOf(run, row.fingerprint);
    return [{ ...plannedRun(row), ...stateNow(row, { result, signs, unneeded, folder }), run, seed, result }];
  });
  return {
    name: basename(resolve(folder)),
    folder,
    runs,
    asked: comparisonIn(join(folder, "sweep.yaml"), damaged),
    damaged,
  };
}

/** While workers train without a command, nobody records which runs are not needed. */
function unneededIn(folder: string, signs: Signs): Needs["unneeded"] {
  try {
    const plan = readOrders(folder)?.plan ?? null;
    if (plan !== null) return needsReader(folder)(plan, signs).unneeded;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return new Map();
}

/** Workers may be ahead of the plan, which only a command writes. */
function stateNow(
  { status, reason, fingerprint }: RowOf<typeof PLAN_COLUMNS>,
  {
    result,
    signs,
    unneeded,
    folder,
  }: { result: Outcome | null; signs: Signs; unneeded: Needs["unneeded"]; folder: string },
): Pick<PlannedRun, "status" | "reason"> {
  if (result !== null) return { status: "finished", reason: reason ?? "" };
  const own = fingerprint ?? "";
  if (signs.failed.has(own))
    return { status: "failed", reason: signsOf(folder, own).readFailed()?.reason ?? "" };
  const left = unneeded.get(own);
  if (left !== undefined) return { status: "unneeded", reason: left };
  return { status: signs.running.has(own) ? "running" : (status ?? "pending"), reason: reason ?? "" };
}

/** The parts of a run that come from its row alone, with defaults for empty cells. */
function plannedRun(
  row: RowOf<typeof PLAN_COLUMNS>,
): Omit<PlannedRun, "run" | "seed" | "status" | "reason" | "result"> {
  const variant = row.variant ?? "";
  return {
    variant,
    template: row.template ?? variant,
    axes: row.axes ?? {},
    drawn: row.drawn ?? {},
    tuned: row.tuned ?? {},
    match: row.match,
    params: row.params ?? 0,
    macs: row.macs ?? 0,
    testImages: row.test_images,
    data: row.data,
    fingerprint: row.fingerprint,
  };
}

/** The row of the plan for a row of the summary. */
function planOf(row: RowOf<typeof SUMMARY_COLUMNS>): RowOf<typeof PLAN_COLUMNS> {
  const unknown = {
    template: null,
    match: null,
    tuned: null,
    test_images: null,
    data: null,
    fingerprint: null,
  };
  return { ...row, ...unknown, status: "finished", reason: null };
}

/** `<variant>/seed-<n>` -> n */
function seedIn(run: string): number | null {
  const digits = /seed-(\d+)$/.exec(run)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The message for a folder that is not the folder of a sweep, with a suggestion if there is one. */
function noSweep(folder: string): string {
  if (existsSync(folder)) {
    const above = [join(folder, ".."), join(folder, "..", "..")];
    const sweep = above.find((one) => existsSync(join(one, "plan.csv")));
    const hint = sweep === undefined ? "" : `; it is part of the sweep ${sweep}`;
    return `${folder} is not the folder of a sweep: it has no plan.csv${hint}`;
  }
  const parent = dirname(resolve(folder));
  const names = existsSync(parent) ? readdirSync(parent) : [];
  if (existsSync(join("runs", folder, "plan.csv")))
    return `there is no folder ${folder}; did you mean \`${join("runs", folder)}\`?`;
  const stages = names.filter((name) => isStageOf(name, basename(resolve(folder))));
  if (stages.length > 0)
    return `there is no folder ${folder} yet: its variants are chosen first, in ${stages.map((name) => join(parent, name)).join(", ")}`;
  return `there is no folder ${folder}${didYouMean(basename(resolve(folder)), names)}`;
}

/** Whether a folder is that of a stage before a sweep. */
function isStageOf(name: string, sweep: string): boolean {
  return name === `${sweep}-tuning` || (name.startsWith(`${sweep}-epoch-`) && /-\d+$/.test(name));
}

/** Returns null if the file is missing or damaged. Adds a message to `damaged` for everything that cannot be read. */
export function readTable<T extends Table>(
  file: string,
  table: T,
  damaged: string[],
): readonly RowOf<T>[] | null {
  try {
    const read = readCsv(file, table);
    damaged.push(...(read?.problems ?? []).map((problem) => `${file}: ${problem}; treated as empty`));
    return read?.rows ?? null;
  } catch (error) {
    damaged.push(`${file} is damaged and was ignored: ${(error as Error).message}`);
    return null;
  }
}

function comparisonIn(file: string, damaged: string[]): SweepTables["asked"] {
  if (!existsSync(file)) return null;
  try {
    const asked = readQuestion(readSource(file));
    if (asked !== null) return asked;
  } catch {}
  damaged.push(`${file} is damaged: using the default baseline and metric`);
  return null;
}

/** The experiment of a run with all defaults filled in; null, and a message in `damaged`, if it cannot be read. */
export function readConfig(file: string, damaged: string[]): unknown {
  try {
    return readSource(file).value;
  } catch {
    damaged.push(`${file} is damaged and was ignored`);
    return null;
  }
}
