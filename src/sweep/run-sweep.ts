// An expanded sweep -> finished runs: those that have already finished are reused, and a launcher's workers train the others.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canonical } from "../canonical.js";
import { prepareDataset } from "../data/dataset.js";
import { InputError } from "../diagnostic.js";
import { removeLeftovers } from "../records/files.js";
import { heldBy, isLock, type Lock, lockFolder } from "../records/lock.js";
import { isLeftOut, PENDING, RUN_STATUSES, type RunState } from "../records/run-status.js";
import type { ExpandedSweep } from "./expand.js";
import { follow } from "./follow.js";
import type { Launcher } from "./launch/launcher.js";
import { planRuns } from "./plan-runs.js";
import { type SeedPlan, seedPlanOf } from "./seeds/seed-plan.js";
import type { SweepEnd, SweepOptions } from "./sweep-options.js";
import type { Run } from "./variant.js";
import { needsReader } from "./work/needs.js";
import { type Orders, writeOrders } from "./work/orders.js";
import { signsIn } from "./work/signs.js";

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
    const plan = seedPlanOf(sweep);
    const needed = plan === null ? queue : neededOf(queue, plan, folder);
    await prepareData(needed, { ...options, signal: stopped });
    // Which of the other runs will be needed is not known yet.
    if (needed.length > 0) writeOrders(folder, ordersFor(queue, plan, options));
    // Workers that go on without a command can be followed by several.
    if (!launcher.isAttached) lock.release();
    const end = await follow(queue, { sweep, states, ...options, signal: stopped });
    if (lock.lost.aborted)
      throw new InputError(
        `another machine has taken over ${folder}, because this one was silent for too long`,
      );
    return { ...endOf(sweep, states), ...end, interrupted: signal.aborted };
  } finally {
    lock.release();
  }
}

/** Without the groups that are not needed, to judge by what has finished already. */
function neededOf(queue: readonly Run[][], plan: SeedPlan, folder: string): Run[][] {
  const { unneeded } = needsReader(folder)(plan, signsIn(folder));
  return queue.filter(([run]) => !unneeded.has(run?.fingerprint ?? ""));
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
): Pick<SweepEnd, "finished" | "failed" | "unneeded"> {
  const stateOf = ({ name }: Run): RunState => states.get(name) ?? PENDING;
  return {
    finished: runs.filter((run) => RUN_STATUSES[stateOf(run).status].isFinished).length,
    unneeded: runs.filter((run) => isLeftOut(stateOf(run).status)).length,
    failed: runs.flatMap((run) => {
      const { status, reason } = stateOf(run);
      return status === "failed" ? [{ run, reason }] : [];
    }),
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
  plan: SeedPlan | null,
  { backend, device, threads, xla = false, tensorboard, predictions, loaders }: SweepOptions,
): Orders {
  const runs = (queue as [Run][]).map(([{ name, fingerprint, experiment }]) => ({
    name,
    fingerprint,
    experiment,
  }));
  return { how: { backend, device, threads, xla, tensorboard, predictions, loaders }, runs, plan };
}
