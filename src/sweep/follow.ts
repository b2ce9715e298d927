// Follows a sweep while workers train its runs: has workers started as long as there are too few, until all runs are over.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "../diagnostic.js";
import { holderOf } from "../records/lock.js";
import type { Workers } from "./launch/launcher.js";
import { type ObservedRuns, observeRuns } from "./observe-runs.js";
import { finishedFingerprint } from "./run-identity.js";
import type { FollowOptions, SweepEnd } from "./sweep-options.js";
import type { Run } from "./variant.js";
import { needsReader } from "./work/needs.js";
import { hasOtherWork, readOrders, removeWork } from "./work/orders.js";
import { signsIn } from "./work/signs.js";

/** How often signs are looked at, in milliseconds: on a disk of this machine, and on a file server. */
const LOOK_EVERY = { attached: 100, elsewhere: 1000 };
/** The shortest time between two starts of workers, in milliseconds. */
const START_EVERY = 1000;
/** Workers that end before they have begun any run are likely to do so again. */
const MOST_WITHOUT_RUNS = 2;

/**
 * `queue`: groups of identical runs. Returns when all are over, when another command has stopped or changed the sweep, or when the signal
 * or `detach` asks for it.
 */
export async function follow(
  queue: readonly (readonly Run[])[],
  options: FollowOptions,
): Promise<Pick<SweepEnd, "workers" | "left">> {
  const { launcher, signal, folder, detach } = options;
  const runs = observeRuns(queue, options);
  const pause = launcher.isAttached ? LOOK_EVERY.attached : LOOK_EVERY.elsewhere;
  const staff = staffer(options);
  let last: Workers | null = null;
  try {
    for (runs.look(); runs.open() > 0 && !signal.aborted; runs.look()) {
      last = await staff(runs);
      if (detach) break;
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  } finally {
    // Workers elsewhere go on if this command ends.
    if (launcher.isAttached) await launcher.stop(folder);
    runs.look();
    runs.close();
  }
  if (runs.left() === null) await cleanUp(options);
  return { workers: last, left: runs.left() };
}

/** Returns a function that has workers started if there are fewer than there are runs for them, and says how many there are now. */
function staffer({ launcher, folder, watcher, detach = false }: FollowOptions) {
  let [starts, next, openThen] = [0, 0, 0];
  let last: Workers | null = null;
  const tell = (workers: Workers | null) => {
    watcher.workers?.(workers);
    last = workers;
    return workers;
  };
  return async (runs: ObservedRuns): Promise<Workers | null> => {
    if (performance.now() < next) return last;
    const workers = await launcher.state(folder);
    next = performance.now() + START_EVERY;
    if (workers === null) {
      if (detach)
        throw new InputError(
          `it is not known which workers there are, try again: ${launcher.lastWords(folder)}`,
        );
      return tell(null);
    }
    const missing = Math.min(launcher.workers, runs.open()) - workers.waiting - workers.running;
    if (missing > 0) {
      const mayBeBroken = !launcher.isAttached && !runs.haveBegun();
      const most = mayBeBroken ? Math.min(launcher.mostStarts, MOST_WITHOUT_RUNS) : launcher.mostStarts;
      if (runs.open() === openThen && starts > most) {
        const words = launcher.lastWords(folder);
        throw new InputError(
          `workers ended ${starts} times although there are runs left${words === "" ? "" : `; one of them said: ${words}`}`,
        );
      }
      // Workers that have finished runs did not end in vain.
      starts = runs.open() === openThen ? starts + 1 : 1;
      openThen = runs.open();
      await launcher.start(folder, missing);
    }
    const isIdle = launcher.isAttached && workers.running === 0 && starts > 1;
    const now = isIdle ? waitingFor(runs, folder) : await launcher.state(folder);
    return tell(now ?? workers);
  };
}

/** What is left may be trained by processes that this command has not started. */
function waitingFor(runs: ObservedRuns, folder: string): Workers | null {
  const held = runs.first();
  const holder = held && holderOf(join(folder, held.name));
  return holder
    ? {
        waiting: runs.open(),
        running: 0,
        why: `${held.name} is trained by process ${holder.pid} on ${holder.host}`,
      }
    : null;
}

/** Removes the work folder, unless somebody may still use it: other commands may have added orders. */
async function cleanUp({ folder, launcher, detach = false, signal }: FollowOptions): Promise<void> {
  if (!launcher.isAttached && (detach || signal.aborted)) return;
  const signs = signsIn(folder);
  const { finished, failed, running } = signs;
  const { runs = [], plan = null } = readOrders(folder) ?? {};
  const unneeded = plan === null ? null : needsReader(folder)(plan, signs).unneeded;
  const isOver = runs.every(
    ({ name, fingerprint }) =>
      finished.has(fingerprint) ||
      failed.has(fingerprint) ||
      unneeded?.has(fingerprint) ||
      finishedFingerprint(join(folder, name)) === fingerprint,
  );
  const isNobodys = launcher.isAttached && running.size === 0 && !hasOtherWork(folder);
  if (launcher.isAttached ? !isNobodys : !isOver) return;
  try {
    // What still waits would find nothing left to do.
    await launcher.stop(folder);
    removeWork(folder);
  } catch (error) {
    // Then the next command does it.
    if (!(error instanceof InputError)) throw error;
  }
}
