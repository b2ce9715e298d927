// An expanded sweep -> finished runs: those that have already finished are reused, and a launcher trains the others.

import { join, relative } from "node:path";
import { canonical } from "../canonical.js";
import { prepareDataset } from "../data/dataset.js";
import type { DataProgress } from "../data/progress.js";
import { addEvents } from "../records/event-file.js";
import { writeWhole } from "../records/files.js";
import { removeRunLeftovers, runFolder } from "../records/run-folder.js";
import { PENDING, RUN_STATUSES, type RunState } from "../records/run-status.js";
import type { EngineOptions } from "../runtime/devices.js";
import { expectedBackend } from "../runtime/gpus.js";
import type { RunProgress } from "../training/train-run.js";
import type { ExpandedSweep } from "./expand.js";
import { copyRun, type FinishedRuns, indexFinishedRuns, reuseRun, setAsideOther } from "./finished-runs.js";
import type { Launcher, RunOrder } from "./launch/launcher.js";
import { writePlan, writeSummary } from "./plan.js";
import { continueShorter } from "./shorter-runs.js";
import type { Run } from "./variant.js";

export interface SweepOptions extends EngineOptions {
  /** The folder of all results. */
  readonly root: string;
  /** The folder of this sweep, inside `root`. */
  readonly folder: string;
  /** The text of the sweep file, unchanged. */
  readonly text: string;
  readonly launcher: Launcher;
  readonly tensorboard: boolean;
  /** The number of threads that load images, for each run. */
  readonly loaders: number;
  readonly signal: AbortSignal;
  readonly watcher: SweepWatcher;
}

export interface SweepWatcher {
  /**
   * Called once, before anything is trained. `known`: runs that had already finished; `skipped`: folders that could not be
   * searched for such runs, and why; `replaced`: the number of runs of other configurations that were set aside.
   */
  planned(
    runs: readonly Run[],
    before: {
      readonly known: readonly Run[];
      readonly skipped: readonly string[];
      readonly replaced: number;
    },
  ): void;
  /** Called while a dataset is decoded. */
  preparing(progress: DataProgress): void;
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
 * The caller must hold the lock of the folder. A failed run is recorded, and the others go on. An error in the scheduler itself
 * (such as a table that cannot be written) is thrown after every run that it started has ended.
 */
export async function runSweep(sweep: ExpandedSweep, options: SweepOptions): Promise<SweepEnd> {
  const states = new Map<string, RunState>();
  const finishedRuns = lookAround(sweep, states, options);
  const queue = groupByFingerprint(sweep.runs.filter((run) => !states.has(run.name)));
  await prepareData(queue, options);
  await trainAll(queue, { sweep, states, finishedRuns, options });
  const stateOf = ({ name }: Run): RunState => states.get(name) ?? PENDING;
  return {
    finished: sweep.runs.filter((run) => RUN_STATUSES[stateOf(run).status].isFinished).length,
    failed: sweep.runs.flatMap((run) => {
      const { status, reason } = stateOf(run);
      return status === "failed" ? [{ run, reason }] : [];
    }),
    interrupted: options.signal.aborted,
  };
}

/** Sets the results of other configurations aside, reuses finished runs, and writes the first plan and summary. */
function lookAround(
  sweep: ExpandedSweep,
  states: Map<string, RunState>,
  options: SweepOptions,
): FinishedRuns {
  const { root, folder, text, tensorboard, watcher } = options;
  writeWhole(join(folder, "sweep.yaml"), text);
  const backend = expectedBackend(options);
  const replaced = sweep.runs.filter(({ name, fingerprint }) =>
    setAsideOther(folder, name, { fingerprint, backend }),
  ).length;
  const finishedRuns = indexFinishedRuns(root);
  const known = reuseFinished(sweep, { root, folder, states, index: finishedRuns.folders });
  writePlan(folder, sweep, states);
  writeSummary(folder, sweep);
  if (tensorboard) for (const run of known) addEvents(runFolder(join(folder, run.name)), Date.now() / 1000);
  watcher.planned(sweep.runs, { known, skipped: finishedRuns.skipped, replaced });
  return finishedRuns;
}

/** So that runs do not wait for each other while one of them prepares their dataset, and people see how far that is. */
async function prepareData(
  queue: readonly (readonly Run[])[],
  { watcher, signal }: SweepOptions,
): Promise<void> {
  const datasets = queue.flatMap(([run]) => (run ? [run.experiment.dataset] : []));
  const different = new Map(datasets.map((dataset) => [canonical(dataset), dataset]));
  for (const dataset of different.values())
    await prepareDataset(dataset, (progress) => {
      if (signal.aborted) throw new Stopped();
      watcher.preparing(progress);
    }).catch((error: unknown) => {
      if (!(error instanceof Stopped)) throw error;
    });
}

/** Leaves the preparation of a dataset. */
class Stopped extends Error {}

interface SweepParts {
  readonly sweep: ExpandedSweep;
  readonly states: Map<string, RunState>;
  readonly finishedRuns: FinishedRuns;
  readonly options: SweepOptions;
}

/** Each entry of the queue is a group of identical runs. The launcher's `slots` limit how many are trained at a time. */
async function trainAll(queue: Run[][], parts: SweepParts): Promise<void> {
  const { launcher, signal } = parts.options;
  const broken = new AbortController();
  const stopped = AbortSignal.any([signal, broken.signal]);
  stopped.addEventListener("abort", () => launcher.stop(), { once: true });
  const work = async () => {
    for (let next = queue.shift(); next && !stopped.aborted; next = queue.shift())
      await trainOne(next, parts);
  };
  const slots = Array.from({ length: Math.min(launcher.slots, queue.length) }, () =>
    work().catch((error: unknown) => {
      broken.abort();
      throw error;
    }),
  );
  for (const end of await Promise.allSettled(slots)) if (end.status === "rejected") throw end.reason;
}

/** Trains the first of a group of identical runs, and copies it to the others. */
async function trainOne(runs: readonly Run[], { sweep, states, finishedRuns, options }: SweepParts) {
  const { folder, launcher, watcher } = options;
  const [run, ...same] = runs as [Run, ...Run[]];
  const record = (one: Run, state: RunState) => {
    states.set(one.name, state);
    writePlan(folder, sweep, states);
    if (RUN_STATUSES[state.status].isOver) watcher.ended(one, state);
  };
  const { trajectory, experiment } = run;
  const path = join(folder, run.name);
  const backend = expectedBackend(options);
  continueShorter(path, { trajectory, epochs: experiment.training.epochs, backend }, finishedRuns);
  record(run, { status: "running", reason: "" });
  watcher.started(run);
  const state = await launcher.start(orderOf(run, options), (progress) => watcher.progressed(run, progress));
  const { isFinished } = RUN_STATUSES[state.status];
  if (!isFinished) removeRunLeftovers(runFolder(path));
  record(run, state);
  for (const twin of same) record(twin, isFinished ? copyTwin(folder, run, twin) : state);
  writeSummary(folder, sweep);
}

function orderOf({ name, experiment, fingerprint }: Run, options: SweepOptions): RunOrder {
  const { backend, device, threads, xla = false, tensorboard, loaders } = options;
  const folder = join(options.folder, name);
  return { experiment, fingerprint, folder, backend, device, threads, xla, tensorboard, loaders };
}

function copyTwin(folder: string, run: Run, twin: Run): RunState {
  try {
    copyRun(join(folder, run.name), join(folder, twin.name));
    return { status: "finished", reason: `same as ${run.name}` };
  } catch (error) {
    return { status: "failed", reason: `could not be copied from ${run.name}: ${String(error)}` };
  }
}

/** Keeps the runs that have finished in the folder, and copies those that have finished elsewhere. Returns both. */
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
