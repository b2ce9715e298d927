// Writes what a sweep has done and still has to do (plan.csv), and its results (summary.csv).

import { join } from "node:path";
import type { WholeRow } from "../records/columns.js";
import { writeCsv } from "../records/csv.js";
import { readResult } from "../records/run-folder.js";
import { PENDING, RUN_STATUSES, type RunState } from "../records/run-status.js";
import { PLAN_COLUMNS, type ResultRow, SUMMARY_COLUMNS } from "../records/tables.js";
import type { Match } from "../records/variant-cells.js";
import type { ExpandedSweep } from "./expand.js";
import type { Run, Variant } from "./variant.js";

export interface SweepTables {
  /** Writes both tables. */
  write(): void;
  /** Writes them unless that would take too large a part of the time; returns whether it did. */
  writeSometimes(): boolean;
}

/** Between two times, at least this many times as long passes as writing takes. */
const REST = 20;

/** `states`: of the runs by name, as they are when a table is written; runs without one are pending. */
export function sweepTables(
  sweep: ExpandedSweep,
  { folder, states }: { folder: string; states: ReadonlyMap<string, RunState> },
): SweepTables {
  const results = new Map<Run, ResultRow>();
  let next = 0;
  const write = () => {
    const start = performance.now();
    const stateOf = ({ name }: Run) => states.get(name) ?? PENDING;
    writeCsv(
      join(folder, "plan.csv"),
      PLAN_COLUMNS,
      sweep.runs.map((run) => planRow(run, stateOf(run))),
    );
    for (const run of sweep.runs) {
      if (results.has(run) || !RUN_STATUSES[stateOf(run).status].isFinished) continue;
      const result = readResult(join(folder, run.name));
      if (result?.fingerprint === run.fingerprint) results.set(run, result);
    }
    const rows = sweep.runs.flatMap((run) => {
      const { variant, seed, name, drawn } = run;
      const result = results.get(run);
      return result ? [{ ...result, run: name, variant: variant.name, seed, axes: variant.axes, drawn }] : [];
    });
    writeCsv(join(folder, "summary.csv"), SUMMARY_COLUMNS, rows);
    const end = performance.now();
    next = end + REST * (end - start);
  };
  return {
    write,
    writeSometimes: () => {
      if (performance.now() < next) return false;
      write();
      return true;
    },
  };
}

function planRow(run: Run, { status, reason }: RunState): WholeRow<typeof PLAN_COLUMNS> {
  const { variant, seed, name, drawn, fingerprint } = run;
  const { params, macs } = variant.complexity;
  return {
    run: name,
    variant: variant.name,
    seed,
    template: variant.template,
    axes: variant.axes,
    drawn,
    tuned: variant.tuned,
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
