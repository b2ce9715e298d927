// What workers tell about the runs of a sweep -> the tables, and a watcher.

import { join } from "node:path";
import { readCsv } from "../records/csv.js";
import { isLeftOut, PENDING, RUN_STATUSES, type RunState } from "../records/run-status.js";
import { PLAN_COLUMNS } from "../records/tables.js";
import { copyRun } from "./finished-runs.js";
import { finishedFingerprint } from "./run-identity.js";
import { decider } from "./seeds/decide-runs.js";
import type { FollowOptions } from "./sweep-options.js";
import { sweepTables } from "./sweep-tables.js";
import type { Run } from "./variant.js";
import { type Orders, ordersReader } from "./work/orders.js";
import { type Signs, signsIn, signsOf } from "./work/signs.js";

export interface ObservedRuns {
  /** Looks at the signs of workers, and writes the tables now and then. */
  look(): void;
  /** The number of runs that are not over; identical ones count once. */
  open(): number;
  /** Whether any run has been begun since this command started. */
  haveBegun(): boolean;
  /** The first of them. */
  first(): Run | undefined;
  /** Why runs are not followed any more: another command has stopped their workers, or has changed the sweep; null if all are. */
  left(): "stopped" | "changed" | null;
  /** Writes the tables, unless those of another command describe the sweep now. */
  close(): void;
}

/** `queue`: groups of identical runs, of which the first is trained and copied to the others. */
export function observeRuns(
  queue: readonly (readonly Run[])[],
  { folder, sweep, states, watcher }: FollowOptions,
): ObservedRuns {
  const tables = sweepTables(sweep, { folder, states });
  const decisions = decider(sweep, { folder, states, watcher });
  const open = new Map((queue as [Run, ...Run[]][]).map((group) => [group[0].fingerprint, group]));
  /** The steps that have been reported of runs that have begun. */
  const begun = new Map<string, string>();
  let [haveBegun, isFirstLook] = [false, true];
  let isChanged = false;
  const record = (run: Run, state: RunState) => {
    states.set(run.name, state);
    isChanged = true;
    if (RUN_STATUSES[state.status].isOver) watcher.ended(run, state);
  };
  const begin = (run: Run, after: number) => {
    if (begun.has(run.fingerprint)) return;
    begun.set(run.fingerprint, "");
    haveBegun ||= !isFirstLook;
    record(run, { status: "running", reason: "" });
    watcher.started(run, { after, already: isFirstLook });
  };
  const end = ([run, ...same]: [Run, ...Run[]], state: RunState) => {
    begin(run, 0);
    open.delete(run.fingerprint);
    record(run, state);
    const { isFinished } = RUN_STATUSES[state.status];
    for (const twin of same) record(twin, isFinished ? copyTwin(folder, run, twin) : state);
  };
  const lookAt = (group: [Run, ...Run[]], { finished, failed, running }: Signs) => {
    const [run] = group;
    const { fingerprint } = run;
    const signs = signsOf(folder, fingerprint);
    if (finished.has(fingerprint)) end(group, finishedState(folder, run));
    else if (failed.has(fingerprint))
      end(group, { status: "failed", reason: signs.readFailed()?.reason ?? "its worker could not say why" });
    else if (running.has(fingerprint)) {
      const sign = signs.readRunning();
      if (sign === null) return;
      begin(run, sign.after);
      const step = JSON.stringify(sign.progress);
      if (sign.progress !== null && begun.get(fingerprint) !== step) watcher.progressed(run, sign.progress);
      begun.set(fingerprint, step);
    } else if (begun.delete(fingerprint)) record(run, PENDING);
  };
  let left: ReturnType<ObservedRuns["left"]> = null;
  /** There are no orders for these runs any more: they are over, as another command knows, or will not be trained. */
  const leave = (group: [Run, ...Run[]], why: "stopped" | "changed") => {
    const [run] = group;
    const state = recordedState(folder, run);
    if (RUN_STATUSES[state.status].isOver) return end(group, state);
    left ??= why;
    open.delete(run.fingerprint);
    if (begun.delete(run.fingerprint)) record(run, PENDING);
  };
  const leaveOthers = (asked: Orders | null) => {
    const fingerprints = new Set(asked?.runs.map(({ fingerprint }) => fingerprint));
    for (const group of open.values())
      if (!fingerprints.has(group[0].fingerprint)) leave(group, asked === null ? "stopped" : "changed");
  };
  const orders = ordersReader(folder);
  let seen: Orders | null | undefined;
  return {
    look: () => {
      const signs = signsIn(folder);
      for (const group of open.values()) lookAt(group, signs);
      isFirstLook = false;
      for (const { fingerprint } of decisions.look(signs)) {
        open.delete(fingerprint);
        begun.delete(fingerprint);
        isChanged = true;
      }
      // Another command may have changed the sweep, or have recorded its end and removed the signs.
      const now = orders();
      if (now !== seen) leaveOthers(now);
      seen = now;
      if (isChanged && left !== "changed") isChanged = !tables.writeSometimes();
    },
    open: () => open.size,
    haveBegun: () => haveBegun,
    first: () => open.values().next().value?.[0],
    left: () => left,
    close: () => {
      decisions.close();
      if (left !== "changed") tables.write();
    },
  };
}

const FINISHED: RunState = { status: "finished", reason: "" };

function finishedState(folder: string, { name, fingerprint }: Run): RunState {
  return finishedFingerprint(join(folder, name)) === fingerprint
    ? FINISHED
    : { status: "failed", reason: "its result has been damaged since it finished" };
}

/** The state of a run about which there are no orders any more. */
function recordedState(folder: string, run: Run): RunState {
  if (finishedFingerprint(join(folder, run.name)) === run.fingerprint) return FINISHED;
  const row = readCsv(join(folder, "plan.csv"), PLAN_COLUMNS)?.rows.find(
    ({ fingerprint }) => fingerprint === run.fingerprint,
  );
  const { status, reason } = row ?? {};
  return status === "failed" || (status && isLeftOut(status)) ? { status, reason: reason ?? "" } : PENDING;
}

/** Another command may be copying it as well. */
function copyTwin(folder: string, run: Run, twin: Run): RunState {
  const to = join(folder, twin.name);
  try {
    copyRun(join(folder, run.name), to);
  } catch (error) {
    if (finishedFingerprint(to) !== twin.fingerprint)
      return { status: "failed", reason: `could not be copied from ${run.name}: ${String(error)}` };
  }
  return { status: "finished", reason: `same as ${run.name}` };
}
