// An expanded sweep -> finished runs: what is known is not repeated, the rest is spread over processes.

import { join, relative } from "node:path";
import { addEvents } from "../records/event-file.js";
import { writeWhole } from "../records/files.js";
import { removeRunLeftovers, runFolder } from "../records/run-folder.js";
import { RUN_STATUSES, type RunState } from "../records/run-status.js";
import type { EngineOptions } from "../runtime/devices.js";
import type { RunProgress } from "../training/train-run.js";
import type { ExpandedSweep } from "./expand.js";
import { continueShorter, copyRun, indexFinishedRuns, reuseRun, setAsideOther } from "./finished-runs.js";
import { writePlan, writeSummary } from "./plan.js";
import { type RunProcess, startRun } from "./run-process.js";
import type { Run } from "./variant.js";
import type { RunOrder } from "./worker-protocol.js";

export interface SweepOptions extends EngineOptions {
  /** The folder of all results, and that of this sweep in it. */
  readonly root: string;
  readonly folder: string;
  /** The sweep file as given. */
  readonly text: string;
  readonly jobs: number;
  readonly tensorboard: boolean;
  readonly signal: AbortSignal;
  readonly watcher: SweepWatcher;
}

export interface SweepWatcher {
  /**
   * Runs there are, those that nothing has to be done for, what could not be looked at for such ones (in words), and how many
   * runs of another configuration gave way.
   */
  planned(
    runs: readonly Run[],
    before: {
      readonly known: readonly Run[];
      readonly skipped: readonly string[];
      readonly replaced: number;
    },
  ): void;
  started(run: Run): void;
  progressed(run: Run, progress: RunProgress): void;
  ended(run: Run, state: RunState): void;
}

export interface SweepEnd {
  readonly finished: number;
  readonly failed: readonly { readonly run: Run; readonly reason: string }[];
  readonly interrupted: boolean;
}

/**
 * The caller holds the folder's lock. One failed run is one row and stops nothing. An error of the scheduler itself (a table
 * that cannot be written) is thrown once every process it started has ended.
 */
export async function runSweep(sweep: ExpandedSweep, options: SweepOptions): Promise<SweepEnd> {
  const { root, folder, watcher, signal } = options;
  const states = new Map<string, RunState>();
  const record = (run: Run, state: RunState) => {
    states.set(run.name, state);
    writePlan(folder, sweep, states);
  };
  writeWhole(join(folder, "sweep.yaml"), options.text);
  const replaced = sweep.runs.filter((run) => setAsideOther(folder, run.name, run.fingerprint)).length;
  const finishedRuns = indexFinishedRuns(root);
  const known = reuseFinished(sweep, { root, folder, states, index: finishedRuns.folders });
  writePlan(folder, sweep, states);
  writeSummary(folder, sweep);
  if (options.tensorboard)
    for (const run of known) addEvents(runFolder(join(folder, run.name)), Date.now() / 1000);
  watcher.planned(sweep.runs, { known, skipped: finishedRuns.skipped, replaced });

  const jobs = groupByFingerprint(sweep.runs.filter((run) => !states.has(run.name)));
  const running = new Set<RunProcess>();
  const stopAll = () => {
    for (const child of running) child.stop();
  };
  const broken = new AbortController();
  const stopped = AbortSignal.any([signal, broken.signal]);
  stopped.addEventListener("abort", stopAll, { once: true });
  const work = async () => {
    for (let job = jobs.shift(); job && !stopped.aborted; job = jobs.shift()) {
      const [run, ...same] = job as [Run, ...Run[]];
      continueShorter(
        join(folder, run.name),
        { trajectory: run.trajectory, epochs: run.experiment.training.epochs },
        finishedRuns,
      );
      record(run, { status: "running", reason: "" });
      watcher.started(run);
      const child = startRun(orderOf(run, options), (progress) => watcher.progressed(run, progress));
      running.add(child);
      const state = await child.outcome;
      running.delete(child);
      const { isOver, isFinished } = RUN_STATUSES[state.status];
      if (!isFinished) removeRunLeftovers(runFolder(join(folder, run.name)));
      record(run, state);
      if (isOver) watcher.ended(run, state);
      for (const twin of same) {
        const twinState = isFinished ? copyTwin(folder, run, twin) : state;
        record(twin, twinState);
        if (isOver) watcher.ended(twin, twinState);
      }
      writeSummary(folder, sweep);
    }
  };
  const workers = Array.from({ length: Math.min(options.jobs, jobs.length) }, () =>
    work().catch((error: unknown) => {
      broken.abort();
      throw error;
    }),
  );
  for (const end of await Promise.allSettled(workers)) if (end.status === "rejected") throw end.reason;
  const failed = sweep.runs.flatMap((run) => {
    const state = states.get(run.name);
    return state?.status === "failed" ? [{ run, reason: state.reason }] : [];
  });
  const finished = sweep.runs.filter(
    ({ name }) => RUN_STATUSES[states.get(name)?.status ?? "pending"].isFinished,
  );
  return { finished: finished.length, failed, interrupted: signal.aborted };
}

function orderOf({ name, experiment, fingerprint }: Run, options: SweepOptions): RunOrder {
  const { backend, device, threads, tensorboard } = options;
  const folder = join(options.folder, name);
  return { experiment, fingerprint, folder, backend, device, threads, tensorboard };
}

function copyTwin(folder: string, run: Run, twin: Run): RunState {
  try {
    copyRun(join(folder, run.name), join(folder, twin.name));
    return { status: "finished", reason: `same as ${run.name}` };
  } catch (error) {
    return { status: "failed", reason: `could not be copied from ${run.name}: ${String(error)}` };
  }
}

/** Runs finished here before stay; those finished elsewhere are copied. */
function reuseFinished(
  sweep: ExpandedSweep,
  {
    root,
    folder,
    states,
    index,
  }: { root: string; folder: string; states: Map<string, RunState>; index: ReadonlyMap<string, string> },
): Run[] {
  return sweep.runs.filter((run) => {
    const here = join(folder, run.name);
    const found = reuseRun(here, run.fingerprint, index);
    if (found === null) return false;
    states.set(run.name, {
      status: "finished",
      reason: found === here ? "" : `same as ${relative(root, found)}`,
    });
    return true;
  });
}

function groupByFingerprint(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) groups.set(run.fingerprint, [...(groups.get(run.fingerprint) ?? []), run]);
  return [...groups.values()];
}
