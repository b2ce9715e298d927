// Options -> the requested engine, or the best one for this machine.

import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../diagnostic.js";
import type { EngineOptions } from "../runtime/devices.js";
import { checkDevice, createCompiledEngine } from "./compiled-engine.js";
import { createEagerEngine } from "./eager-engine.js";
import type { Engine } from "./engine.js";

/** Throws InputError if the requested backend is not installed or the device cannot be used. */
export async function selectEngine({ backend, device, threads }: EngineOptions): Promise<Engine> {
  // Turns off tfjs' checks in the hot path, and its advice to install another backend.
  tf.enableProdMode();
  switch (backend) {
    case "cpu":
      await import("@tensorflow/tfjs-backend-cpu");
      return createEagerEngine("cpu", `TensorFlow.js ${tf.version_core}, eager, cpu backend`);
    case "tensorflow": {
      const found = findTensorFlow();
      if (!found) throw new InputError(TENSORFLOW_MISSING);
      return createTensorFlowEngine(found);
    }
    case "compiled":
      return createCompiledEngine({ device, threads, blocked: true });
    case "auto": {
      const found = findTensorFlow();
      return found?.hasGpu
        ? createTensorFlowEngine(found)
        : createCompiledEngine({ device, threads, blocked: true });
    }
  }
}

/** Throws InputError in the same cases as selectEngine, without creating an engine. */
export async function checkEngine({ backend, device }: EngineOptions): Promise<void> {
  if (backend === "tensorflow" && !findTensorFlow()) throw new InputError(TENSORFLOW_MISSING);
  if (device !== "cpu" && (backend === "compiled" || backend === "auto")) await checkDevice(device);
}

export const HOW_TO_GET_TENSORFLOW =
  "npm install @tensorflow/tfjs-node-gpu (NVIDIA GPU with CUDA 11.2 and cuDNN 8.1) or npm install @tensorflow/tfjs-node; both download TensorFlow's C library and need Node 22 or older";

const TENSORFLOW_MISSING = `--backend tensorflow needs a package that is not installed: ${HOW_TO_GET_TENSORFLOW}`;

export interface TensorFlowFound {
  readonly packageName: string;
  readonly version: string;
  readonly hasGpu: boolean;
}

/** Loads tfjs-node-gpu or tfjs-node, the first that is installed and works. Returns null if neither does. */
export function findTensorFlow(): TensorFlowFound | null {
  const require = createRequire(import.meta.url);
  // Allocate GPU memory as needed, not all of it at the start.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  for (const packageName of ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"]) {
    try {
      require(packageName);
      const { version } = require(`${packageName}/package.json`) as { version: string };
      const backend = tf.findBackend("tensorflow") as
        | (tf.KernelBackend & { isUsingGpuDevice?: boolean })
        | null;
      if (backend) return { packageName, version, hasGpu: backend.isUsingGpuDevice === true };
    } catch {
      // Not installed, or its native part does not load on this machine.
    }
  }
  return null;
}

function createTensorFlowEngine({ packageName, version, hasGpu }: TensorFlowFound): Engine {
  return createEagerEngine("tensorflow", `${packageName} ${version}, eager, ${hasGpu ? "GPU" : "CPU"}`);
}
