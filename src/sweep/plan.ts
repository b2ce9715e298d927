// What a sweep will do, has done and has left: plan.csv and summary.csv.

import { join } from "node:path";
import type { AxisValue } from "../config/sweep.js";
import type { WholeRow } from "../records/columns.js";
import { writeCsv } from "../records/csv.js";
import { readResult } from "../records/run-folder.js";
import { PLAN_COLUMNS, SUMMARY_COLUMNS } from "../records/tables.js";
import { costWords, type ExpandedSweep, type Run, type Variant } from "./expand.js";

export type RunStatus = "pending" | "running" | "finished" | "failed";

export interface RunState {
  readonly status: RunStatus;
  /** Why it failed, or where it was copied from. */
  readonly reason: string;
}

export type States = ReadonlyMap<string, RunState>;

export function writePlan(folder: string, sweep: ExpandedSweep, states: States): void {
  writeCsv(
    join(folder, "plan.csv"),
    PLAN_COLUMNS,
    sweep.runs.map((run) => planRow(run, states.get(run.name) ?? { status: "pending", reason: "" })),
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
    axes: formatAxes(variant.axes),
    match: formatMatch(variant),
    params: params.trainable,
    macs,
    test_images: variant.dataset.testImages,
    data: variant.dataset.fingerprint.slice(0, 16),
    fingerprint,
    status,
    reason,
  };
}

/** `parameters of se-r4 -0.012 % (widths 64 -> 66)`; empty where nothing is matched. */
export function formatMatch({ match }: Variant): string {
  if (!match) return "";
  const percent = 100 * (match.ratio - 1);
  const off = percent === 0 ? "" : ` ${percent > 0 ? "+" : ""}${percent.toPrecision(2)} %`;
  return `${costWords(match.cost)} of ${match.target}${off} (${match.change})`;
}

/** One row a finished run, read from its result. */
export function writeSummary(folder: string, sweep: ExpandedSweep): void {
  const rows = sweep.runs.flatMap((run) => {
    const result = readResult(join(folder, run.name));
    if (!result || result.fingerprint !== run.fingerprint) return [];
    const { variant, seed, name } = run;
    return [{ ...result, run: name, variant: variant.name, seed, axes: formatAxes(variant.axes) }];
  });
  writeCsv(join(folder, "summary.csv"), SUMMARY_COLUMNS, rows);
}

/** `r=4;bias=true` */
export function formatAxes(axes: Readonly<Record<string, AxisValue>>): string {
  return Object.entries(axes)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");
}
