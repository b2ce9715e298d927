// Trains runs on this machine, each in its own process.

import { type ChildProcess, fork } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { PENDING, RUN_STATUSES, type RunState } from "../../records/run-status.js";
import type { RunProgress } from "../../training/train-run.js";
import type { Launcher } from "./launcher.js";
import type { RunReport } from "./worker-protocol.js";

const WORKER = fileURLToPath(new URL("worker.js", import.meta.url));

/** `slots`: the number of processes that run at a time. Each sees one of the `gpus` (values of CUDA_VISIBLE_DEVICES), if there are any. */
export function localLauncher(slots: number, gpus: readonly string[]): Launcher {
  const running = new Map<ChildProcess, string | undefined>();
  const stopped = new WeakSet<ChildProcess>();
  return {
    slots,
    start: async (order, onProgress) => {
      const gpu = leastUsed(gpus, [...running.values()]);
      const child = fork(WORKER, [], {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        env: gpu === undefined ? process.env : { ...process.env, CUDA_VISIBLE_DEVICES: gpu },
      });
      running.set(child, gpu);
      child.send(order);
      const state = await outcomeOf(child, onProgress);
      running.delete(child);
      return stopped.has(child) && !RUN_STATUSES[state.status].isFinished ? PENDING : state;
    },
    stop: () => {
      for (const child of running.keys()) {
        stopped.add(child);
        child.kill("SIGKILL");
      }
    },
  };
}

function leastUsed(gpus: readonly string[], used: readonly (string | undefined)[]): string | undefined {
  const usesOf = (gpu: string) => used.filter((one) => one === gpu).length;
  return gpus.toSorted((a, b) => usesOf(a) - usesOf(b))[0];
}

function outcomeOf(child: ChildProcess, onProgress: (progress: RunProgress) => void): Promise<RunState> {
  return new Promise((resolve) => {
    let reported: RunState | null = null;
    let errors = "";
    child.stderr?.on("data", (text: Buffer) => {
      errors = (errors + text.toString()).slice(-4096);
    });
    child.on("message", (message: RunReport) => {
      if (message.kind === "progress") onProgress(message.progress);
      else reported = message.state;
    });
    child.on("error", (error) => resolve({ status: "failed", reason: error.message }));
    child.on("close", (code, signal) =>
      resolve(reported ?? { status: "failed", reason: explainExit(code, signal, errors) }),
    );
  });
}

function explainExit(code: number | null, signal: NodeJS.Signals | null, errors: string): string {
  if (signal === "SIGKILL")
    return "the process was killed (SIGKILL); the system does this if it runs out of memory";
  const last =
    errors
      .trim()
      .split("\n")
      .findLast((line) => /error/i.test(line)) ?? "";
  const how = signal === null ? `exit code ${code}` : `signal ${signal} (${constants.signals[signal]})`;
  return `the process ended with ${how}${last === "" ? "" : `: ${last.trim()}`}`;
}
