// Trains runs in a process of its own, which can fail or be ended without harm to the worker.

import { type ChildProcess, fork } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { canonical } from "../../canonical.js";
import { PENDING, type RunState } from "../../records/run-status.js";
import type { RunProgress } from "../../training/run-options.js";
import type { RunReport, TrainOrder } from "./trainer-protocol.js";

const PROCESS = fileURLToPath(new URL("trainer-process.js", import.meta.url));

export interface Trainer {
  /**
   * Trains a run in its folder and returns its state, which is pending if it was stopped. Never rejects: if an error ends a run, its
   * state is failed. One run at a time.
   */
  train(order: TrainOrder, onProgress: (progress: RunProgress) => void): Promise<RunState>;
  /** Ends the present run at once; its finished epochs are kept. */
  stop(): void;
  /** Ends the process, which waits for another run. */
  close(): void;
}

/** The process is started with the first run, and again after a run that failed. */
export function startTrainer(environment: NodeJS.ProcessEnv): Trainer {
  let child: ChildProcess | null = null;
  let fits = "";
  const close = () => {
    if (child?.connected) child.disconnect();
    child = null;
  };
  return {
    train: async (order, onProgress) => {
      if (child === null || !child.connected || settingsOf(order) !== fits) {
        close();
        child = fork(PROCESS, [], { stdio: ["ignore", "ignore", "pipe", "ipc"], env: environment });
        fits = settingsOf(order);
      }
      const state = await outcomeOf(child, order, onProgress);
      if (state.status !== "finished") close();
      return state;
    },
    stop: () => child?.kill("SIGKILL"),
    close,
  };
}

/** What can be set only once in a process, because libraries read it when they are loaded. */
function settingsOf({ experiment, backend, device, threads, xla }: TrainOrder): string {
  const { precision, deterministic } = experiment.training;
  return canonical({ precision, deterministic, backend, device, threads, xla });
}

function outcomeOf(
  child: ChildProcess,
  order: TrainOrder,
  onProgress: (progress: RunProgress) => void,
): Promise<RunState> {
  const listeners = new AbortController();
  return new Promise<RunState>((resolve) => {
    let errors = "";
    const on = (source: NodeJS.EventEmitter | null, event: string, listen: (...args: never[]) => void) => {
      source?.on(event, listen as () => void);
      listeners.signal.addEventListener("abort", () => source?.off(event, listen as () => void));
    };
    on(child.stderr, "data", (text: Buffer) => {
      errors = (errors + text.toString()).slice(-4096);
    });
    on(child, "message", (message: RunReport) => {
      if (message.kind === "progress") onProgress(message.progress);
      else resolve(message.state);
    });
    on(child, "error", (error: Error) => resolve({ status: "failed", reason: error.message }));
    on(child, "close", (code: number | null, signal: NodeJS.Signals | null) =>
      resolve(child.killed ? PENDING : { status: "failed", reason: explainExit(code, signal, errors) }),
    );
    child.send(order, () => {});
  }).finally(() => listeners.abort());
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
