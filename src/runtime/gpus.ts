// The NVIDIA GPUs of this machine, over which the runs of a sweep are spread.

import { execFileSync } from "node:child_process";
import type { Backend, EngineOptions } from "./devices.js";
import { tensorFlowMayUseGpu } from "./find-tensorflow.js";

/**
 * Those that runs with these options would use, as values of CUDA_VISIBLE_DEVICES; none if the engine uses no GPU of NVIDIA, or there
 * is none. Loads nothing.
 */
export function gpusFor(engine: Pick<EngineOptions, "backend" | "device">): readonly string[] {
  return usesGpus(engine) ? visibleGpus() : [];
}

/** Whether runs with these options would use GPUs of NVIDIA where there are any. */
export function usesGpus({ backend, device }: Pick<EngineOptions, "backend" | "device">): boolean {
  const isCuda = device === "cuda" && (backend === "compiled" || backend === "auto");
  const isTensorFlow = backend !== "compiled" && backend !== "cpu" && tensorFlowMayUseGpu();
  return isCuda || isTensorFlow;
}

/** What `auto` stands for on this machine, unless what is expected to work does not load. */
export function expectedBackend({ backend, device }: Pick<EngineOptions, "backend" | "device">): Backend {
  if (backend !== "auto") return backend;
  return device === "cpu" && gpusFor({ backend, device }).length > 0 ? "tensorflow" : "compiled";
}

/** Those that CUDA_VISIBLE_DEVICES names, or otherwise all. */
export function visibleGpus(): string[] {
  const { CUDA_VISIBLE_DEVICES: chosen } = process.env;
  if (chosen !== undefined)
    return chosen
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && name !== "-1");
  try {
    return execFileSync("nvidia-smi", ["--query-gpu=uuid", "--format=csv,noheader"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 10_000,
    })
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line.startsWith("GPU-"));
  } catch {
    // There is no driver of NVIDIA.
    return [];
  }
}
