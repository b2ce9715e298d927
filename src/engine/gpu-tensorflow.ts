// Whether the TensorFlow that is made for GPUs works here.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { tensorFlowMayUseGpu } from "../runtime/find-tensorflow.js";

const PROCESS = fileURLToPath(new URL("gpu-tensorflow-process.js", import.meta.url));

/** `gpu`, `no gpu`: it loads, and sees one or not. `none`: there is no TensorFlow for GPUs, or it does not load. */
export type GpuTensorFlow = "gpu" | "no gpu" | "none" | "crashes";

let tried: Promise<GpuTensorFlow> | null = null;

/** Tries once, in a separate process, because TensorFlow ends its process if a GPU is there and a library of CUDA is not. */
export function gpuTensorFlow(): Promise<GpuTensorFlow> {
  if (!tensorFlowMayUseGpu()) return Promise.resolve("none");
  tried ??= tryGpuTensorFlow();
  return tried;
}

function tryGpuTensorFlow(): Promise<GpuTensorFlow> {
  return new Promise((resolve) => {
    const child = fork(PROCESS, [], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("message", (state) => resolve(state as GpuTensorFlow));
    child.on("error", () => resolve("none"));
    child.on("exit", () => resolve("crashes"));
  });
}
