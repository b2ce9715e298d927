// A real Slurm of two nodes on this machine, for tests (slurm-local.sh).

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const SCRIPT = resolve("test/slurm/slurm-local.sh");

export interface Cluster {
  /** What Slurm's commands need to find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Power loss: everything on the node is gone at once. */
  killNode(node: string): void;
  /** Lost contact: the node's jobs go on, and are requeued all the same. */
  loseNode(node: string): void;
  startNode(node: string): void;
  /** The controller neither answers nor acts for a while. */
  pauseController(milliseconds: number): Promise<void>;
  /** The output of one of Slurm's commands. */
  ask(command: string, ...words: string[]): string;
  stop(): void;
}

export function hasSlurm(): boolean {
  return ["slurmctld", "slurmd", "munged", "sbatch"].every(
    (command) =>
      spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${command}`], { stdio: "ignore" })
        .status === 0,
  );
}

/** Arrays have at most four tasks, so that more workers need several. */
export function startCluster(folder: string): Cluster {
  const environment = {
    SLURM_LOCAL_DIR: join(folder, "slurm"),
    // Clusters of other processes have other ports, of which each takes three.
    SLURM_LOCAL_PORT: String(20_000 + 3 * (process.pid % 3000)),
    SLURM_LOCAL_CPUS: "4",
    SLURM_LOCAL_MAX_ARRAY: "5",
    SLURM_CONF: join(folder, "slurm", "slurm.conf"),
  };
  const call = (command: string, words: readonly string[]) =>
    execFileSync(command, words, {
      encoding: "utf8",
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
  try {
    call(SCRIPT, ["start"]);
  } catch (error) {
    call(SCRIPT, ["stop"]);
    throw error;
  }
  return {
    environment,
    killNode: (node) => call(SCRIPT, ["kill-node", node]),
    loseNode: (node) => call(SCRIPT, ["lose-node", node]),
    startNode: (node) => call(SCRIPT, ["start-node", node]),
    pauseController: async (milliseconds) => {
      const [pid] = readFileSync(join(folder, "slurm", "pids", "slurmctld"), "utf8").split(" ");
      process.kill(Number(pid), "SIGSTOP");
      await sleep(milliseconds);
      process.kill(Number(pid), "SIGCONT");
    },
    ask: (command, ...words) => call(command, words),
    stop: () => call(SCRIPT, ["stop"]),
  };
}
