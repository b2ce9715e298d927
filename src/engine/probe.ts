// Tries in a separate process whether a device or TensorFlow can be used.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Device } from "../runtime/devices.js";
import type { ProbeResult } from "./probe-process.js";
import type { TensorFlowFound } from "./select-engine.js";

const PROCESS = fileURLToPath(new URL("probe-process.js", import.meta.url));

/** Why a device cannot be used, in one line; null if it can. */
export async function probeDevice(device: Device): Promise<string | null> {
  const result = await probe(device);
  return result?.kind === "device" ? result.reason : "the process that tried it ended without a result";
}

/** Returns null if TensorFlow is not installed or does not load. */
export async function probeTensorFlow(): Promise<TensorFlowFound | null> {
  const result = await probe("tensorflow");
  return result?.kind === "tensorflow" ? result.found : null;
}

function probe(what: string): Promise<ProbeResult | null> {
  return new Promise((resolve) => {
    const child = fork(PROCESS, [what], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("message", (message) => resolve(message as ProbeResult));
    child.on("error", () => resolve(null));
    child.on("exit", () => resolve(null));
  });
}
