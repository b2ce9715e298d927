// What the compiled engine can compute on, and the engines there are. Loads neither TensorFlow.js nor ONNX Runtime.

import { availableParallelism } from "node:os";

interface DeviceTraits {
  /** Whether MLAS's blocked kernels run there. */
  readonly hasBlocks: boolean;
  /** Whether a max pool can say where its maxima were. */
  readonly hasPoolIndices: boolean;
  /** Whether state stays in the device's memory from step to step. */
  readonly keepsState: boolean;
  /** Whether runs share the device, so that one at a time is best. */
  readonly isShared: boolean;
  /** What is needed to use it. */
  readonly needs: string;
}

/** By ONNX Runtime's names of its execution providers. */
export const DEVICES = {
  cpu: { hasBlocks: true, hasPoolIndices: true, keepsState: false, isShared: false, needs: "" },
  webgpu: {
    hasBlocks: false,
    hasPoolIndices: false,
    keepsState: true,
    isShared: true,
    needs: "a GPU and its driver for Vulkan, Metal or Direct3D 12 are needed",
  },
  /** Outputs come back to the host: the Node.js binding keeps none on the device. */
  cuda: {
    hasBlocks: false,
    hasPoolIndices: true,
    keepsState: false,
    isShared: true,
    needs:
      "an NVIDIA GPU and CUDA 12 are needed, and ONNX Runtime's libraries for it: see docs/installation.md",
  },
} as const satisfies Readonly<Record<string, DeviceTraits>>;

export type Device = keyof typeof DEVICES;

export function isDevice(name: string | undefined): name is Device {
  return name !== undefined && Object.hasOwn(DEVICES, name);
}

export const DEVICE_NAMES: readonly Device[] = Object.keys(DEVICES).filter(isDevice);

/** `compiled`: traced and run by ONNX Runtime. `tensorflow`: eager, on TensorFlow's kernels. `cpu`: eager, tfjs' own. */
export type Backend = "compiled" | "tensorflow" | "cpu";

export const BACKENDS = ["auto", "compiled", "tensorflow", "cpu"] as const;
export type BackendChoice = (typeof BACKENDS)[number];

export interface EngineOptions {
  readonly backend: BackendChoice;
  /** Of the compiled engine. */
  readonly device: Device;
  readonly threads: number;
}

/** Runs at a time: as many as the cores have threads for; one where a GPU computes. */
export function defaultJobs({ backend, device, threads }: EngineOptions): number {
  if (backend === "tensorflow" || DEVICES[device].isShared) return 1;
  return Math.max(1, Math.floor(availableParallelism() / threads));
}
