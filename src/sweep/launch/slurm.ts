// Workers as jobs of Slurm, which go on without the command that submitted them.

import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import type { SlurmSpec } from "../../config/sweep-spec.js";
import { InputError } from "../../diagnostic.js";
import { readAgain, writeWhole } from "../../records/files.js";
import { isLock, lockFolder } from "../../records/lock.js";
import { workFolder } from "../work/orders.js";
import type { Launcher, Workers } from "./launcher.js";
import { jobsInQueue, type QueuedJob, queueWatch, runSlurm } from "./slurm-queue.js";
import { workerScript } from "./slurm-script.js";

export function slurmLauncher(spec: SlurmSpec): Launcher {
  const watch = queueWatch();
  return {
    workers: spec.workers,
    isAttached: false,
    mostStarts: spec.resubmit,
    start: async (folder, workers) => {
      const submitting = lockFolder(slurmFolder(folder));
      // Another command is submitting workers for the same sweep, or has done so since the queue was looked at.
      if (!isLock(submitting) || readJobs(folder).length !== watch.known) return;
      try {
        await submit(spec, folder, workers);
      } finally {
        submitting.release();
        watch.forget();
      }
    },
    state: async (folder) => {
      const known = readJobs(folder);
      const jobs = await watch.look(known.length, () => queuedJobs(folder));
      if (jobs === null) return null;
      await releaseForgotten(jobs, folder);
      return countWorkers(jobs);
    },
    stop: async (folder) => {
      watch.forget();
      await runSlurm("scancel", ["--quiet", `--user=${userInfo().username}`, `--name=${jobName(folder)}`]);
    },
  };
}

/** The jobs of a sweep in the queue; null if the queue does not answer. */
function queuedJobs(folder: string): Promise<readonly QueuedJob[] | null> {
  const users = new Set([userInfo().username, ...readJobs(folder).map(({ user }) => user)]);
  return jobsInQueue(jobName(folder), [...users]);
}

/** The workers of a sweep if it has jobs of Slurm; null if it has none or the queue does not answer. */
export async function slurmWorkers(folder: string): Promise<Workers | null> {
  if (readJobs(folder).length === 0) return null;
  const jobs = await queuedJobs(folder).catch(() => null);
  return jobs && countWorkers(jobs);
}

/** Where scripts and the output of workers are. */
function slurmFolder(folder: string): string {
  return join(workFolder(folder), "slurm");
}

/** The same for all commands on a sweep, and different for two sweeps of the same name. */
function jobName(folder: string): string {
  const path = realpathSync(folder);
  return `squeezebox-${basename(path).replace(/[^\w.-]/g, "_")}-${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
}

/** Submits arrays, each as large as the cluster allows. */
async function submit(spec: SlurmSpec, folder: string, workers: number): Promise<void> {
  const script = join(slurmFolder(folder), "worker.sh");
  writeWhole(script, workerScript(spec, { folder: realpathSync(folder), name: jobName(folder) }));
  const most = await largestArray();
  for (let left = workers; left > 0; left -= most) {
    const array = `--array=0-${Math.min(left, most) - 1}`;
    // Held, so that no worker runs of which nobody knows.
    const { output, problem } = await runSlurm("sbatch", [
      "--parsable",
      "--hold",
      array,
      ...spec.sbatch,
      script,
    ]);
    const id = /^(\d+)(;.*)?$/.exec(output.trim().split("\n").at(-1) ?? "")?.[1];
    if (problem !== null || id === undefined)
      throw new InputError(
        `sbatch did not accept the workers: ${problem ?? output}\ntheir script is ${script}`,
      );
    writeWhole(recordIn(folder), JSON.stringify([...readJobs(folder), { id, user: userInfo().username }]));
    await release(id);
  }
}

async function release(id: string): Promise<void> {
  await runSlurm("scontrol", ["release", id]);
}

/** A command may have been killed between submitting jobs and releasing them. */
async function releaseForgotten(jobs: readonly QueuedJob[], folder: string): Promise<void> {
  const held = new Set(jobs.filter(({ why }) => why === "JobHeldUser").map(({ id }) => id));
  if (held.size === 0) return;
  const submitting = lockFolder(slurmFolder(folder));
  if (!isLock(submitting)) return;
  const known = new Set(readJobs(folder).map(({ id }) => id));
  for (const id of held) await (known.has(id) ? release(id) : runSlurm("scancel", ["--quiet", id]));
  submitting.release();
}

function countWorkers(jobs: readonly QueuedJob[]): Workers {
  const waiting = jobs.filter(({ isRunning }) => !isRunning);
  return { waiting: waiting.length, running: jobs.length - waiting.length, why: waiting[0]?.why ?? "" };
}

/** The number of tasks that an array may have: indices end before MaxArraySize. */
async function largestArray(): Promise<number> {
  const { output } = await runSlurm("scontrol", ["show", "config"]);
  const size = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(output)?.[1]);
  return size >= 2 ? size : 1001;
}

interface SubmittedJob {
  readonly id: string;
  readonly user: string;
}

function recordIn(folder: string): string {
  return join(slurmFolder(folder), "jobs.json");
}

function readJobs(folder: string): readonly SubmittedJob[] {
  try {
    const jobs = JSON.parse(readAgain(recordIn(folder))?.text ?? "[]") as SubmittedJob[];
    return jobs.filter(({ id, user }) => /^\d+$/.test(id) && /^[\w.@-]+$/.test(user));
  } catch {
    return [];
  }
}

/** Puts the job of this process back into the queue, unless that has happened often enough. Returns whether it did. */
export async function requeueOwnJob(most: number): Promise<boolean> {
  const { SLURM_JOB_ID: id, SLURM_RESTART_COUNT: restarts = "0" } = process.env;
  if (id === undefined || Number(restarts) >= most) return false;
  return (await runSlurm("scontrol", ["requeue", id])).problem === null;
}
