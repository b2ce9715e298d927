// The batch script of a worker.

import { fileURLToPath } from "node:url";
import type { SlurmSpec } from "../../config/sweep-spec.js";

const CLI = fileURLToPath(new URL("../../cli.js", import.meta.url));

/** A worker is told to end this many seconds before its time is up; Slurm may do so up to a minute earlier. */
const END_NOTICE = 120;

/**
 * `exec` makes the worker the process that gets the signals. SIGUSR2, because SIGUSR1 would open Node's inspector. What Slurm requeues
 * (preempted jobs, those of lost nodes) continues the output of the job before.
 */
export function workerScript(
  { partition, time, cpus, gpus, memory, setup, resubmit, scratch }: SlurmSpec,
  { folder, name }: { folder: string; name: string },
): string {
  const options = [
    `--job-name=${name}`,
    `--output=${folder.replaceAll("%", "%%")}/.work/slurm/%A_%a.out`,
    "--open-mode=append",
    "--requeue",
    `--signal=B:USR2@${END_NOTICE}`,
    `--cpus-per-task=${cpus}`,
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(memory === undefined ? [] : [`--mem=${memory}`]),
    ...(gpus === 0 ? [] : [`--gres=gpu:${gpus}`]),
  ];
  const worker = [process.execPath, CLI, "worker", folder, "--requeue", String(resubmit)];
  return [
    "#!/bin/bash",
    ...options.map((option) => `#SBATCH ${/[\s"']/.test(option) ? JSON.stringify(option) : option}`),
    ...setup,
    ...(scratch === undefined ? [] : [`export SQUEEZEBOX_SCRATCH="${scratch.replaceAll('"', "")}"`]),
    `exec ${worker.map(quoted).join(" ")}`,
    "",
  ].join("\n");
}

/** For a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
