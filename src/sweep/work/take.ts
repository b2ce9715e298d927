// The next run of a sweep that nobody trains.

import { join } from "node:path";
import { isLock, type Lock, lockFolder } from "../../records/lock.js";
import { finishedFingerprint } from "../run-identity.js";
import type { NeedsReader } from "./needs.js";
import type { Orders, RunOrder } from "./orders.js";
import { signsIn, signsOf } from "./signs.js";

export interface Taken {
  readonly order: RunOrder;
  readonly path: string;
  readonly lock: Lock;
}

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * Takes the first run that is needed and neither over nor being trained; `held` if there are only runs that others train, null if all are over.
 * Runs that somebody has begun come last, since they are most likely being trained. A run whose folder cannot be locked has failed.
 */
export function takeNext(
  sweepFolder: string,
  { runs, plan }: Orders,
  { worker, readNeeds }: { readonly worker: string; readonly readNeeds: NeedsReader },
): Taken | "held" | null {
  const signs = signsIn(sweepFolder);
  const { running, failed, finished } = signs;
  const unneeded = plan === null ? NONE : readNeeds(plan, signs).unneeded;
  const open = runs.filter(
    ({ fingerprint: one }) => ![failed, finished, unneeded].some((over) => over.has(one)),
  );
  const isBegun = ({ fingerprint }: RunOrder) => running.has(fingerprint);
  let isHeld = false;
  for (const order of [...open.filter((one) => !isBegun(one)), ...open.filter(isBegun)]) {
    const path = join(sweepFolder, order.name);
    const own = signsOf(sweepFolder, order.fingerprint);
    try {
      const lock = lockFolder(path);
      if (!isLock(lock)) {
        isHeld = true;
        continue;
      }
      if (finishedFingerprint(path) === order.fingerprint) own.finished();
      if (!own.isOver()) return { order, path, lock };
      lock.release();
    } catch (error) {
      own.failed({ worker, reason: (error as Error).message });
    }
  }
  return isHeld ? "held" : null;
}
