// ONNX Runtime's libraries for CUDA, which its npm package lacks, and what else they need.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { onnxRuntimeFolder } from "./onnx-runtime.js";

export const CUDA_LIBRARIES = [
  "libonnxruntime_providers_shared.so",
  "libonnxruntime_providers_cuda.so",
] as const;

/** Why there is no use in trying CUDA, and what to do about it, as the end of a message; null if it may work. */
export function whyNoCuda(): string | null {
  if (!hasDriver()) return "an NVIDIA GPU and its driver (libcuda.so.1) are needed";
  const folder = onnxRuntimeFolder();
  if (!CUDA_LIBRARIES.every((name) => existsSync(join(folder, name))))
    return "ONNX Runtime's libraries for CUDA are needed; `squeezebox setup cuda` installs them";
  return null;
}

/** Node loads any library, and then refuses those that are no addons. */
export function hasDriver(): boolean {
  try {
    process.dlopen({ exports: {} }, "libcuda.so.1");
    return true;
  } catch (error) {
    return error instanceof Error && !error.message.includes("cannot open shared object file");
  }
}
