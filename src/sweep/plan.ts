// Writes what a sweep has done and still has to do (plan.csv), and its results (summary.csv).

import { join } from "node:path";
import type { WholeRow } from "../records/columns.js";
import { writeCsv } from "../records/csv.js";
import { readResult } from "../records/run-folder.js";
import { PENDING, type RunState } from "../records/run-status.js";
import { PLAN_COLUMNS, SUMMARY_COLUMNS } from "../records/tables.js";
import type { Match } from "../records/variant-cells.js";
import type { ExpandedSweep } from "./expand.js";
import type { Run, Variant } from "./variant.js";

export type States = ReadonlyMap<string, RunState>;

export function writePlan(folder: string, sweep: ExpandedSweep, states: States): void {
  writeCsv(
    join(folder, "plan.csv"),
    PLAN_COLUMNS,
    sweep.runs.map((run) => planRow(run, states.get(run.name) ?? PENDING)),
  );
}

export function planRow(run: Run, { status, reason }: RunState): WholeRow<typeof PLAN_COLUMNS> {
  const { variant, seed, name, fingerprint } = run;
  const { params, macs } = variant.complexity;
  return {
    run: name,
    variant: variant.name,
    seed,
    template: variant.template,
    axes: variant.axes,
    match: matchOf(variant),
    params: params.trainable,
    macs,
    test_images: variant.dataset.testImages,
    data: variant.dataset.fingerprint.slice(0, 16),
    fingerprint,
    status,
    reason,
  };
}

function matchOf({ match }: Variant): Match | null {
  return match && { cost: match.cost, of: match.target, change: match.change, ratio: match.ratio };
}

/** Writes one row per finished run, read from its result. */
export function writeSummary(folder: string, sweep: ExpandedSweep): void {
  const rows = sweep.runs.flatMap((run) => {
    const result = readResult(join(folder, run.name));
    if (!result || result.fingerprint !== run.fingerprint) return [];
    const { variant, seed, name } = run;
    return [{ ...result, run: name, variant: variant.name, seed, axes: variant.axes }];
  });
  writeCsv(join(folder, "summary.csv"), SUMMARY_COLUMNS, rows);
}
