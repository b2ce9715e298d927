// Tries in a separate process whether a device or TensorFlow can be used.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Device } from "../runtime/devices.js";
import type { TensorFlowFound, TensorFlowMissing } from "../runtime/find-tensorflow.js";
import type { ProbeResult } from "./probe-process.js";

const PROCESS = fileURLToPath(new URL("probe-process.js", import.meta.url));

/** Why a device cannot be used, in one line; null if it can. */
export async function probeDevice(device: Device): Promise<string | null> {
  const result = await probe(device);
  return result?.kind === "device" ? result.reason : "the process that tried it ended without a result";
}

export async function probeTensorFlow(): Promise<TensorFlowFound | TensorFlowMissing> {
  const found = await probe("tensorflow");
  return found?.kind === "tensorflow"
    ? found.result
    : {
        reason: "the process that loaded it has crashed; `squeezebox setup tensorflow` installs another one",
      };
}

function probe(what: string): Promise<ProbeResult | null> {
  return new Promise((resolve) => {
    const child = fork(PROCESS, [what], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("message", (message) => resolve(message as ProbeResult));
    child.on("error", () => resolve(null));
    child.on("exit", () => resolve(null));
  });
}
