// Tries an engine in a separate process, because native libraries print messages and may crash.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EngineOptions } from "../runtime/devices.js";

const PROCESS = fileURLToPath(new URL("try-engine-process.js", import.meta.url));
const MOST_SECONDS = 120;

/** What a step of SE-ResNet-8 took, on 32 images of 28x28. */
export interface Tried {
  /** For users, as in EngineFacts. */
  readonly engine: string;
  readonly stepMs: number;
}

export interface NotTried {
  readonly reason: string;
}

/** The reason without the flag that asked for the engine. */
export function withoutFlag({ reason }: NotTried): string {
  return reason.replace(/^--\S+ \S+ (does not work here|needs TensorFlow): /, "");
}

export function works(result: Tried | NotTried): result is Tried {
  return "stepMs" in result;
}

/** Trains for a few steps. The reason why it does not work is for users. */
export function tryEngine({
  backend,
  device,
}: Pick<EngineOptions, "backend" | "device">): Promise<Tried | NotTried> {
  return new Promise((resolve) => {
    const child = fork(PROCESS, [backend, device], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const limit = setTimeout(() => {
      resolve({ reason: `a few steps took more than ${MOST_SECONDS} seconds` });
      child.kill("SIGKILL");
    }, MOST_SECONDS * 1000);
    child.on("message", (result) => resolve(result as Tried | NotTried));
    child.on("error", ({ message }) => resolve({ reason: `no process could be started: ${message}` }));
    child.on("exit", (_, signal) => {
      clearTimeout(limit);
      resolve({ reason: `the process that tried it has crashed${signal ? ` (${signal})` : ""}` });
    });
  });
}
