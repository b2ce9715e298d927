// Workers as Slurm jobs, which go on without the command that submitted them.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import type { SlurmSpec } from "../../config/sweep-spec.js";
import { InputError } from "../../diagnostic.js";
import { readAgain, writeWhole } from "../../records/files.js";
import { isLock, lockFolder } from "../../records/lock.js";
import { readRegularFile } from "../../regular-file.js";
import { JOBS, workFolder } from "../work/orders.js";
import type { Launcher, Workers } from "./launcher.js";
import { jobsInQueue, type QueuedJob, queueWatch, runSlurm, type SlurmAnswer } from "./slurm-queue.js";
import { type WorkerScript, workerScript } from "./slurm-script.js";

export function slurmLauncher(spec: SlurmSpec): Launcher {
  const watch = queueWatch();
  let isChecked = false;
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
        scriptIn(folder) !== scriptFor(spec, folder).text;
      isChecked = true;
      if (!isOutdated) return countWorkers(jobs);
      await cancel(folder, "--state=PENDING");
      return countWorkers(jobs.filter(({ isRunning }) => isRunning));
    },
    stop: stopSlurm,
    lastWords: (folder) => watch.problem ?? lastOutput(folder),
  };
}

/** Ends all jobs of this user for a sweep. Throws InputError if Slurm does not do so. */
export async function stopSlurm(folder: string): Promise<void> {
  const { problem } = await cancel(folder);
  if (problem !== null) throw new InputError(`its workers have not been stopped: ${problem}`);
  rmSync(recordIn(folder), { force: true });
}

/** Whether jobs have been submitted for a sweep that has not been collected. */
export function hasSlurmJobs(folder: string): boolean {
  return readJobs(folder).length > 0;
}

function cancel(folder: string, ...which: string[]): Promise<SlurmAnswer> {
  return runSlurm("scancel", [
    "--quiet",
    `--user=${userInfo().username}`,
    `--name=${jobName(folder)}`,
    ...which,
  ]);
}

/** The jobs of a sweep in the queue, or why it does not answer. */
function askQueue(folder: string): Promise<readonly QueuedJob[] | string> {
  const users = new Set([userInfo().username, ...readJobs(folder).map(({ user }) => user)]);
  return jobsInQueue(jobName(folder), [...users]);
}

/** The workers of a sweep if it has Slurm jobs; null if it has none or the queue does not answer. */
export async function slurmWorkers(folder: string): Promise<Workers | null> {
  if (readJobs(folder).length === 0) return null;
  const jobs = await askQueue(folder).catch(() => null);
  return typeof jobs === "string" || jobs === null ? null : countWorkers(jobs);
}

/** The files with the output of workers; null if none has been submitted. */
export function slurmOutputs(folder: string): string | null {
  return hasSlurmJobs(folder) ? join(slurmFolder(folder), "*.out") : null;
}

/** The last line that a worker or its `setup` has written, and where; empty if there is none. */
function lastOutput(folder: string): string {
  const files = existsSync(slurmFolder(folder)) ? readdirSync(slurmFolder(folder)) : [];
  const outputs = files
    .filter((name) => name.endsWith(".out"))
    .map((name) => join(slurmFolder(folder), name))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  const last = outputs.at(-1);
  if (last === undefined) return "";
  const line = readRegularFile(last, MOST_OUTPUT).toString("utf8").trim().split("\n").at(-1) ?? "";
  return line === "" ? `${last} is empty` : `${line.slice(0, 300)} (${last})`;
}

const MOST_OUTPUT = 1 << 26;

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
  const { options, text } = scriptFor(spec, folder);
  const script = scriptFile(folder);
  writeWhole(script, text);
  const most = await largestArray();
  for (let left = workers; left > 0; left -= most) {
    // Held, so that no worker runs of which nobody knows. Of options that are given twice, Slurm takes the last.
    const own = [
      "--parsable",
      "--hold",
      `--job-name=${jobName(folder)}`,
      `--array=0-${Math.min(left, most) - 1}`,
    ];
    const { output, problem } = await runSlurm("sbatch", [...options, ...spec.sbatch, ...own, script]);
    const id = /^(\d+)(;.*)?$/.exec(output.trim().split("\n").at(-1) ?? "")?.[1];
    if (problem !== null || id === undefined)
      throw new InputError(
        `sbatch did not accept the workers: ${problem ?? output}\ntheir script is ${script}`,
      );
    writeWhole(recordIn(folder), JSON.stringify([...readJobs(folder), { id, user: userInfo().username }]));
    await release(id);
  }
}

function scriptFile(folder: string): string {
  return join(slurmFolder(folder), "worker.sh");
}

function scriptFor(spec: SlurmSpec, folder: string): WorkerScript {
  return workerScript(spec, realpathSync(folder));
}

/** That of the last submission; null before the first. */
function scriptIn(folder: string): string | null {
  return readAgain(scriptFile(folder))?.text ?? null;
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
  return join(slurmFolder(folder), JOBS);
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
  const {
    SLURM_JOB_ID,
    SLURM_ARRAY_JOB_ID,
    SLURM_ARRAY_TASK_ID,
    SLURM_RESTART_COUNT: restarts = "0",
  } = process.env;
  // The number of a job may be that of its whole array.
  const id = SLURM_ARRAY_JOB_ID === undefined ? SLURM_JOB_ID : `${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}`;
  if (id === undefined || Number(restarts) >= most) return false;
  return (await runSlurm("scontrol", ["requeue", id])).problem === null;
}
