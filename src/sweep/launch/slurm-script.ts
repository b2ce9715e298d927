// The batch script of a worker.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SlurmSpec } from "../../config/sweep-spec.js";
import { InputError } from "../../diagnostic.js";
import { quoted } from "../../format.js";
import { workFolder } from "../work/orders.js";

/** Where scripts and the output of workers are. */
export function slurmFolder(folder: string): string {
  return join(workFolder(folder), "slurm");
}

const CLI = fileURLToPath(new URL("../../cli.js", import.meta.url));

/** A worker is told to end so many seconds before its time is up; Slurm may do so up to a minute earlier. */
const NOTICE = 120;

/** Not most of a short time. */
function noticeFor(time: string | number | undefined): number {
  return time === undefined ? NOTICE : Math.min(NOTICE, Math.floor(secondsIn(time) / 4));
}

/** Slurm's forms: minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes, days-hours:minutes:seconds. */
export function secondsIn(time: string | number): number {
  const [, days, rest = ""] = /^(?:(\d+)-)?(.*)$/.exec(String(time)) ?? [];
  const parts = rest.split(":").map(Number);
  const [hours = 0, minutes = 0, seconds = 0] =
    days !== undefined || parts.length === 3 ? parts : [0, ...parts];
  return ((Number(days ?? 0) * 24 + hours) * 60 + minutes) * 60 + seconds;
}

export interface WorkerScript {
  /** For sbatch. */
  readonly options: readonly string[];
  readonly text: string;
}

/**
 * `exec` makes the worker the process that gets the signals. SIGUSR2, because SIGUSR1 would open Node's inspector. What Slurm requeues
 * (preempted jobs, those of lost nodes) continues the output of the job before. Throws InputError if Slurm cannot write to the folder.
 */
export function workerScript(
  { partition, time, cpus, gpus, memory, setup, resubmit, scratch }: SlurmSpec,
  folder: string,
): WorkerScript {
  // In the name of an output file, Slurm takes it for an order to leave `%` alone.
  if (folder.includes("\\"))
    throw new InputError(`Slurm cannot write to a folder with a backslash: ${folder}`);
  const options = [
    `--output=${slurmFolder(folder).replaceAll("%", "%%")}/%A_%a.out`,
    "--open-mode=append",
    "--requeue",
    `--signal=B:USR2@${noticeFor(time)}`,
    `--cpus-per-task=${cpus}`,
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(memory === undefined ? [] : [`--mem=${memory}`]),
    ...(gpus === 0 ? [] : [`--gres=gpu:${gpus}`]),
  ];
  const limit = time === undefined ? [] : ["--time", String(secondsIn(time))];
  const worker = ["node", CLI, "worker", folder, "--requeue", String(resubmit), ...limit];
  const text = [
    "#!/bin/bash",
    `# sbatch ${options.map((option) => JSON.stringify(option)).join(" ")}`,
    // The Node.js that runs this, unless the lines below choose another one.
    `export PATH="$PATH":${quoted(dirname(process.execPath))}`,
    ...(setup.length > 0 ? ["set -e", ...setup] : []),
    ...(scratch === undefined ? [] : [`export SQUEEZEBOX_SCRATCH="${scratch.replaceAll('"', "")}"`]),
    `exec ${worker.map(quoted).join(" ")}`,
    "",
  ].join("\n");
  return { options, text };
}
