// The jobs of a sweep: how they are submitted, recorded, asked for, cancelled and put back into the queue.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import type { SlurmSpec } from "../../config/sweep-spec.js";
import { InputError } from "../../diagnostic.js";
import { readAgain, writeWhole } from "../../records/files.js";
import { isLock, lockFolder } from "../../records/lock.js";
import { readRegularFile } from "../../regular-file.js";
import { JOBS } from "../work/orders.js";
import { jobsInQueue, type QueuedJob, runSlurm, type SlurmAnswer } from "./slurm-queue.js";
import { slurmFolder, type WorkerScript, workerScript } from "./slurm-script.js";

/** The same for all commands on a sweep, and different for two sweeps of the same name. */
function jobName(folder: string): string {
  const path = realpathSync(folder);
  return `squeezebox-${basename(path).replace(/[^\w.-]/g, "_")}-${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
}

/** Submits arrays, each as large as the cluster allows. */
export async function submit(spec: SlurmSpec, folder: string, workers: number): Promise<void> {
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
    const job = { id, user: userInfo().username, isReleased: false };
    writeJobs(folder, [...readJobs(folder), job]);
    await release(folder, id);
  }
}

export function scriptFile(folder: string): string {
  return join(slurmFolder(folder), "worker.sh");
}

export function scriptFor(spec: SlurmSpec, folder: string): WorkerScript {
  return workerScript(spec, realpathSync(folder));
}

async function release(folder: string, id: string): Promise<void> {
  const { problem } = await runSlurm("scontrol", ["release", id]);
  if (problem !== null) return;
  writeJobs(
    folder,
    readJobs(folder).map((job) => (job.id === id ? { ...job, isReleased: true } : job)),
  );
}

/** A command may have been killed between submitting jobs and releasing them. What people hold later is left alone. */
export async function releaseForgotten(jobs: readonly QueuedJob[], folder: string): Promise<void> {
  const held = new Set(jobs.filter(({ why }) => why === "JobHeldUser").map(({ id }) => id));
  const isForgotten = (id: string) => readJobs(folder).find((job) => job.id === id)?.isReleased !== true;
  if (![...held].some(isForgotten)) return;
  const submitting = lockFolder(slurmFolder(folder));
  if (!isLock(submitting)) return;
  for (const id of [...held].filter(isForgotten))
    await (readJobs(folder).some((job) => job.id === id)
      ? release(folder, id)
      : runSlurm("scancel", ["--quiet", id]));
  submitting.release();
}

/** The number of tasks that an array may have: indices end before MaxArraySize. */
async function largestArray(): Promise<number> {
  const { output } = await runSlurm("scontrol", ["show", "config"]);
  const size = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(output)?.[1]);
  return size >= 2 ? size : 1001;
}

/** The jobs of a sweep in the queue, or why it does not answer. */
export function askQueue(folder: string): Promise<readonly QueuedJob[] | string> {
  const users = new Set([userInfo().username, ...readJobs(folder).map(({ user }) => user)]);
  return jobsInQueue(jobName(folder), [...users]);
}

/** Ends all jobs of this user for a sweep. Throws InputError if Slurm does not do so. */
export async function stopSlurm(folder: string): Promise<void> {
  const { problem } = await cancelJobs(folder);
  if (problem !== null) throw new InputError(`its workers have not been stopped: ${problem}`);
  rmSync(recordIn(folder), { force: true });
}

/** Whether jobs have been submitted for a sweep that has not been collected. */
export function hasSlurmJobs(folder: string): boolean {
  return readJobs(folder).length > 0;
}

export function cancelJobs(folder: string, ...which: string[]): Promise<SlurmAnswer> {
  return runSlurm("scancel", [
    "--quiet",
    `--user=${userInfo().username}`,
    `--name=${jobName(folder)}`,
    ...which,
  ]);
}

interface SubmittedJob {
  readonly id: string;
  readonly user: string;
  /** Jobs are held until they have been recorded. */
  readonly isReleased: boolean;
}

function recordIn(folder: string): string {
  return join(slurmFolder(folder), JOBS);
}

export function readJobs(folder: string): readonly SubmittedJob[] {
  try {
    const jobs = JSON.parse(readAgain(recordIn(folder))?.text ?? "[]") as SubmittedJob[];
    return jobs.filter(({ id, user }) => /^\d+$/.test(id) && /^[\w.@-]+$/.test(user));
  } catch {
    return [];
  }
}

function writeJobs(folder: string, jobs: readonly SubmittedJob[]): void {
  writeWhole(recordIn(folder), JSON.stringify(jobs));
}

/** The last line that a worker or its `setup` has written, and where; empty if there is none. */
export function lastOutput(folder: string): string {
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

/** The files with the output of workers; null if none has been submitted. */
export function slurmOutputs(folder: string): string | null {
  return hasSlurmJobs(folder) ? join(slurmFolder(folder), "*.out") : null;
}

/** The number of the job of this process, within its array if it is in one; undefined if it is no job. */
export function ownJob(): string | undefined {
  const { SLURM_JOB_ID, SLURM_ARRAY_JOB_ID, SLURM_ARRAY_TASK_ID } = process.env;
  // SLURM_JOB_ID alone may be the number of the whole array.
  return SLURM_ARRAY_JOB_ID === undefined ? SLURM_JOB_ID : `${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}`;
}

/** Puts the job of this process back into the queue, unless that has happened often enough. Returns whether it did. */
export async function requeueOwnJob(most: number): Promise<boolean> {
  const { SLURM_RESTART_COUNT: restarts = "0" } = process.env;
  const id = ownJob();
  if (id === undefined || Number(restarts) >= most) return false;
  return (await runSlurm("scontrol", ["requeue", id])).problem === null;
}
