// One run in a process of its own.

import { type ChildProcess, fork } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import type { RunProgress } from "../training/train-run.js";
import type { RunOrder, RunReport } from "./worker-protocol.js";

export type RunOutcome =
  | { readonly status: "finished" }
  | { readonly status: "failed"; readonly reason: string }
  | { readonly status: "stopped" };

export interface RunProcess {
  readonly outcome: Promise<RunOutcome>;
  /** Ends the process at once; its files are whole, its last finished epoch is kept. */
  stop(): void;
}

const WORKER = fileURLToPath(new URL("worker.js", import.meta.url));

export function startRun(order: RunOrder, onProgress: (progress: RunProgress) => void): RunProcess {
  const child = fork(WORKER, [], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let stopped = false;
  const outcome = outcomeOf(child, onProgress).then(
    (result): RunOutcome => (stopped && result.status !== "finished" ? { status: "stopped" } : result),
  );
  child.send(order);
  return {
    outcome,
    stop: () => {
      stopped = true;
      child.kill("SIGKILL");
    },
  };
}

function outcomeOf(child: ChildProcess, onProgress: (progress: RunProgress) => void): Promise<RunOutcome> {
  return new Promise((resolve) => {
    let reported: RunOutcome | null = null;
    let errors = "";
    child.stderr?.on("data", (text: Buffer) => {
      errors = (errors + text.toString()).slice(-4096);
    });
    child.on("message", (message: RunReport) => {
      if (message.kind === "progress") onProgress(message.progress);
      else
        reported =
          message.kind === "finished" ? { status: "finished" } : { status: "failed", reason: message.reason };
    });
    child.on("error", (error) => resolve({ status: "failed", reason: error.message }));
    child.on("close", (code, signal) =>
      resolve(reported ?? { status: "failed", reason: explainExit(code, signal, errors) }),
    );
  });
}

function explainExit(code: number | null, signal: NodeJS.Signals | null, errors: string): string {
  if (signal === "SIGKILL")
    return "the process was killed (SIGKILL); where memory is short, the system does that";
  const last =
    errors
      .trim()
      .split("\n")
      .findLast((line) => /error/i.test(line)) ?? "";
  const how = signal === null ? `exit code ${code}` : `signal ${signal} (${constants.signals[signal]})`;
  return `the process ended with ${how}${last === "" ? "" : `: ${last.trim()}`}`;
}
