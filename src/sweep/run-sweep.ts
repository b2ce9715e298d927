// An expanded sweep -> finished runs: those that have already finished are reused, and a launcher's workers train the others.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canonical } from "../canonical.js";
import { prepareDataset } from "../data/dataset.js";
import type { DataProgress } from "../data/progress.js";
import { InputError } from "../diagnostic.js";
import { removeLeftovers } from "../records/files.js";
import { heldBy, isLock, type Lock, lockFolder } from "../records/lock.js";
import { PENDING, RUN_STATUSES, type RunState } from "../records/run-status.js";
import type { EngineOptions } from "../runtime/devices.js";
import type { RunProgress } from "../training/train-run.js";
import type { ExpandedSweep } from "./expand.js";
import { follow } from "./follow.js";
import type { Launcher, Workers } from "./launch/launcher.js";
import { planRuns } from "./plan-runs.js";
import type { Run } from "./variant.js";
import { type Orders, writeOrders } from "./work/orders.js";

export interface SweepOptions extends EngineOptions {
  /** The folder of all results. */
  readonly root: string;
  /** The folder of this sweep, inside `root`. */
  readonly folder: string;
  /** The text of the sweep file, unchanged. */
  readonly text: string;
  readonly launcher: Launcher;
  /** Whether to return once there are workers, instead of following them; for launchers whose workers go on. */
  readonly detach?: boolean;
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
  /** Called when the number of workers that wait or run changes. */
  workers?(workers: Workers): void;
  /** `after`: the number of epochs that had been finished earlier. */
  started(run: Run, after: number): void;
  progressed(run: Run, progress: RunProgress): void;
  ended(run: Run, state: RunState): void;
}

export interface SweepEnd {
  readonly finished: number;
  readonly failed: readonly { readonly run: Run; readonly reason: string }[];
  readonly interrupted: boolean;
}

/**
 * Trains the runs that the sweep still lacks. A failed run is recorded, and the others go on. Throws InputError if another command
 * is working in the sweep's folder. An error in a worker itself (such as a file that cannot be written) is thrown after all workers
 * have ended.
 */
export async function runSweep(sweep: ExpandedSweep, options: SweepOptions): Promise<SweepEnd> {
  const { folder, launcher, signal } = options;
  const lock = await lockSweep(folder, launcher);
  const states = new Map<string, RunState>();
  const stopped = AbortSignal.any([signal, lock.lost]);
  try {
    for (const one of [folder, ...sweep.variants.map(({ name }) => join(folder, name))]) removeLeftovers(one);
    const queue = planRuns(sweep, states, options);
    await prepareData(queue, { ...options, signal: stopped });
    if (queue.length > 0) writeOrders(folder, ordersFor(queue, options));
    // Workers that go on without a command can be followed by several.
    if (!launcher.isAttached) lock.release();
    await follow(queue, { sweep, states, ...options, signal: stopped });
    if (lock.lost.aborted)
      throw new InputError(
        `another machine has taken over ${folder}, because this one was silent for too long`,
      );
    return endOf(sweep, states, signal);
  } finally {
    lock.release();
  }
}

/** How long to wait for another command, in milliseconds: it may only be planning. */
const PATIENCE_MS = 30_000;

async function lockSweep(folder: string, { isAttached }: Launcher): Promise<Lock> {
  const start = performance.now();
  for (;;) {
    const lock = lockFolder(folder);
    if (isLock(lock)) return lock;
    if (isAttached || performance.now() - start > PATIENCE_MS)
      throw new InputError(
        `another sweep is running: ${heldBy(folder, lock)}; wait for it, or stop it and run this again`,
      );
    await sleep(PATIENCE_MS / 100);
  }
}

function endOf(
  { runs }: ExpandedSweep,
  states: ReadonlyMap<string, RunState>,
  signal: AbortSignal,
): SweepEnd {
  const stateOf = ({ name }: Run): RunState => states.get(name) ?? PENDING;
  return {
    finished: runs.filter((run) => RUN_STATUSES[stateOf(run).status].isFinished).length,
    failed: runs.flatMap((run) => {
      const { status, reason } = stateOf(run);
      return status === "failed" ? [{ run, reason }] : [];
    }),
    interrupted: signal.aborted,
  };
}

/** So that runs do not wait for each other while one of them prepares their dataset, and people see how far that is. */
async function prepareData(
  queue: readonly (readonly Run[])[],
  { watcher, signal }: Pick<SweepOptions, "watcher" | "signal">,
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

/** The first of each group; the others are copied from it. */
function ordersFor(
  queue: readonly (readonly Run[])[],
  { backend, device, threads, xla = false, tensorboard, loaders }: SweepOptions,
): Orders {
  const runs = (queue as [Run][]).map(([{ name, fingerprint, experiment }]) => ({
    name,
    fingerprint,
    experiment,
  }));
  return { how: { backend, device, threads, xla, tensorboard, loaders }, runs };
}
