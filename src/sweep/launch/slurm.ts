// Workers as Slurm jobs, which go on without the command that submitted them.

import type { SlurmSpec } from "../../config/sweep-spec.js";
import { readAgain } from "../../records/files.js";
import { isLock, lockFolder } from "../../records/lock.js";
import type { Launcher, Workers } from "./launcher.js";
import {
  askQueue,
  cancelJobs,
  lastOutput,
  readJobs,
  releaseForgotten,
  scriptFile,
  scriptFor,
  stopSlurm,
  submit,
} from "./slurm-jobs.js";
import { type QueuedJob, queueWatch } from "./slurm-queue.js";
import { slurmFolder } from "./slurm-script.js";

export function slurmLauncher(spec: SlurmSpec): Launcher {
  const watch = queueWatch();
  let isChecked = false;
  return {
    workers: spec.workers,
    isAttached: false,
    mostStarts: spec.resubmit,
    start: async (folder, workers) => {
      const submitting = lockFolder(slurmFolder(folder));
      // Another command is submitting workers for the same sweep.
      if (!isLock(submitting)) return;
      try {
        // It has done so since the queue was looked at.
        if (readJobs(folder).length !== watch.known) return;
        await submit(spec, folder, workers);
        watch.assume(workers, readJobs(folder).length);
      } finally {
        submitting.release();
      }
    },
    state: async (folder) => {
      const known = readJobs(folder);
      const jobs = await watch.look(known.length, () => askQueue(folder));
      if (jobs === null) return null;
      await releaseForgotten(jobs, folder);
      // Jobs that still wait with what an earlier command asked for would get that.
      const isOutdated =
        !isChecked &&
        jobs.some(({ isRunning }) => !isRunning) &&
        readAgain(scriptFile(folder))?.text !== scriptFor(spec, folder).text;
      isChecked = true;
      if (!isOutdated) return countWorkers(jobs);
      await cancelJobs(folder, "--state=PENDING");
      return countWorkers(jobs.filter(({ isRunning }) => isRunning));
    },
    stop: stopSlurm,
    lastWords: (folder) => watch.problem ?? lastOutput(folder),
  };
}

/** The workers of a sweep if it has Slurm jobs; null if it has none or the queue does not answer. */
export async function slurmWorkers(folder: string): Promise<Workers | null> {
  if (readJobs(folder).length === 0) return null;
  const jobs = await askQueue(folder).catch(() => null);
  return typeof jobs === "string" || jobs === null ? null : countWorkers(jobs);
}

function countWorkers(jobs: readonly QueuedJob[]): Workers {
  const waiting = jobs.filter(({ isRunning }) => !isRunning);
  return { waiting: waiting.length, running: jobs.length - waiting.length, why: waiting[0]?.why ?? "" };
}
