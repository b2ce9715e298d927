// What `--backend auto` is on this machine, and why.

import { type GpuTensorFlow, gpuTensorFlow } from "../engine/gpu-tensorflow.js";
import type { Backend, EngineOptions } from "../runtime/devices.js";

export interface AutoBackend {
  readonly backend: Backend;
  /** For users: `TensorFlow sees a GPU`. */
  readonly reason: string;
  /** Whether there is a TensorFlow for GPUs, so that it might have been the other one. */
  readonly isChoice: boolean;
}

/** Tries TensorFlow if there is one for GPUs. */
export async function autoBackend(): Promise<AutoBackend> {
  const state = await gpuTensorFlow();
  return {
    backend: state === "gpu" ? "tensorflow" : "compiled",
    reason: REASONS[state],
    isChoice: state !== "none",
  };
}

const REASONS: Readonly<Record<GpuTensorFlow, string>> = {
  gpu: "TensorFlow sees a GPU",
  "no gpu": "the TensorFlow made for GPUs sees none",
  none: "no TensorFlow for GPUs works here",
  crashes: "the TensorFlow made for GPUs crashes",
};

/** What to say before runs are trained: nothing unless `auto` has chosen. */
export async function autoNotes({
  backend,
  device,
}: Pick<EngineOptions, "backend" | "device">): Promise<string[]> {
  if (backend !== "auto" || device !== "cpu") return [];
  const { backend: taken, reason, isChoice } = await autoBackend();
  return isChoice ? [`--backend auto uses ${taken}: ${reason}`] : [];
}
