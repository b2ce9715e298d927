// Runs a sweep in its folder, with one process at a time.

import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { removeLeftovers } from "../records/files.js";
import { heldBy, isLock, lockFolder } from "../records/lock.js";
import type { ExpandedSweep } from "./expand.js";
import { runSweep, type SweepEnd, type SweepOptions } from "./run-sweep.js";

/** Trains the runs that the sweep still lacks. Throws InputError if another process is working in its folder. */
export async function runLockedSweep(sweep: ExpandedSweep, options: SweepOptions): Promise<SweepEnd> {
  const { folder } = options;
  const lock = lockFolder(folder);
  if (!isLock(lock))
    throw new InputError(
      `another sweep is running: ${heldBy(folder, lock)}; wait for it, or stop it and run this again`,
    );
  try {
    for (const one of [folder, ...sweep.variants.map(({ name }) => join(folder, name))]) removeLeftovers(one);
    return await runSweep(sweep, options);
  } finally {
    lock.release();
  }
}
