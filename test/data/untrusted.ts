// Datasets that may be damaged are read in another process, with a limit on time and memory.

import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import type { DatasetSpec } from "../../src/config/experiment.js";

export type Outcome =
  | { readonly kind: "read" }
  /** With an InputError. */
  | { readonly kind: "refused"; readonly message: string }
  /** With any other error, or the process ended, or exceeded a limit. */
  | { readonly kind: "failed"; readonly message: string };

export interface Reader {
  /** Reads all images of a dataset. */
  read(spec: DatasetSpec): Promise<Outcome>;
  close(): void;
}

const MOST_MS = 60_000;
const MOST_BYTES = 1.5 * 2 ** 30;
const CHILD = new URL("untrusted-child.js", import.meta.url);

export function untrustedReader(): Reader {
  let child: ChildProcess | null = null;
  const read = (spec: DatasetSpec) =>
    new Promise<Outcome>((resolve) => {
      child ??= fork(CHILD, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
      const own = child;
      const start = Date.now();
      const end = (outcome: Outcome, isOver = false) => {
        clearInterval(watch);
        own.removeAllListeners();
        if (isOver) {
          own.kill("SIGKILL");
          child = null;
        }
        resolve(outcome);
      };
      const fail = (message: string) => end({ kind: "failed", message }, true);
      const watch = setInterval(() => {
        if (Date.now() - start > MOST_MS) fail(`took longer than ${MOST_MS} ms`);
        else if (memoryOf(own) > MOST_BYTES) fail(`needed more than ${MOST_BYTES} bytes`);
      }, 50);
      own.on("message", (outcome: Outcome) => end(outcome));
      own.on("exit", (code, signal) => fail(`the process ended with ${signal ?? code}`));
      own.send(spec);
    });
  return { read, close: () => void child?.kill() };
}

/** The resident memory of a process in bytes; 0 where that is not known. */
function memoryOf({ pid }: ChildProcess): number {
  try {
    const [, kilobytes = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return 1024 * Number(kilobytes);
  } catch {
    return 0;
  }
}
