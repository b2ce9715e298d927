// The next run of a sweep that nobody trains.

import { join } from "node:path";
import { isLock, type Lock, lockFolder } from "../../records/lock.js";
import { finishedFingerprint } from "../run-identity.js";
import type { Orders, RunOrder } from "./orders.js";
import { signsIn, signsOf } from "./signs.js";

export interface Taken {
  readonly order: RunOrder;
  readonly path: string;
  readonly lock: Lock;
}

/**
 * Takes the first run that is neither over nor being trained; `held` if there are only runs that others train, null if all are over.
 * Runs that somebody has begun come last, since they are most likely being trained. A run whose folder cannot be locked has failed.
 */
export function takeNext(sweepFolder: string, { runs }: Orders, worker: string): Taken | "held" | null {
  const { running, failed, finished } = signsIn(sweepFolder);
  const open = runs.filter(({ fingerprint }) => !failed.has(fingerprint) && !finished.has(fingerprint));
  const isBegun = ({ fingerprint }: RunOrder) => running.has(fingerprint);
  let isHeld = false;
  for (const order of [...open.filter((one) => !isBegun(one)), ...open.filter(isBegun)]) {
    const path = join(sweepFolder, order.name);
    const signs = signsOf(sweepFolder, order.fingerprint);
    try {
      const lock = lockFolder(path);
      if (!isLock(lock)) {
        isHeld = true;
        continue;
      }
      if (finishedFingerprint(path) === order.fingerprint) signs.finished();
      if (!signs.isOver()) return { order, path, lock };
      lock.release();
    } catch (error) {
      signs.failed({ worker, reason: (error as Error).message });
    }
  }
  return isHeld ? "held" : null;
}
