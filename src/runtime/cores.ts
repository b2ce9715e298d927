// The number of cores that this process may use, which can be far fewer than the machine has.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";

/**
 * The smallest of what the system schedules it on, what Slurm has given to its task, and what its control groups (of containers and
 * services) let it use on average; at least 1. `root`: where `proc` and `sys` are.
 */
export function availableCores({ SLURM_CPUS_PER_TASK }: NodeJS.ProcessEnv = process.env, root = "/"): number {
  const limits = [availableParallelism(), Number(SLURM_CPUS_PER_TASK), ...quotas(root)];
  return Math.max(1, Math.floor(Math.min(...limits.filter((limit) => limit > 0))));
}

/** In cores, of the control group of this process and those around it (https://docs.kernel.org/admin-guide/cgroup-v2.html). */
function quotas(root: string): number[] {
  const groups = textOf(join(root, "proc/self/cgroup"));
  const own = /^0::(\/.*)$/m.exec(groups)?.[1] ?? "/";
  const found: number[] = [];
  for (let group = own; ; group = dirname(group)) {
    const [quota, period] = textOf(join(root, "sys/fs/cgroup", group, "cpu.max"))
      .split(" ")
      .map(Number);
    found.push((quota ?? Number.NaN) / (period ?? Number.NaN));
    if (group === "/") break;
  }
  const older = ["cfs_quota_us", "cfs_period_us"].map((name) =>
    Number(textOf(join(root, `sys/fs/cgroup/cpu/cpu.${name}`)) || Number.NaN),
  );
  return [...found, (older[0] as number) / (older[1] as number)].filter((cores) => cores > 0);
}

/** Empty if it cannot be read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
