// The devices of the compiled engine, and the backends. This file loads neither TensorFlow.js nor ONNX Runtime.

import { availableCores } from "./cores.js";

/** What the kernels of a device can do. */
export interface KernelTraits {
  /** Whether a max pool can return the indices of its maxima. */
  readonly hasPoolIndices: boolean;
  /** Whether a grouped convolution is wrong where the channels that are computed together belong to two groups (compile/ops/grouped). */
  readonly mixesGroups: boolean;
  /** Whether a transposed convolution that cuts off more on one side runs on the CPU instead (compile/ops/transposed-conv). */
  readonly needsEvenPads: boolean;
  /** Whether a tensor can be split into any number of parts; otherwise, a shader has a limited number of buffers. */
  readonly splitsIntoMany: boolean;
  /** Whether convolutions of a few channels reach only a small part of the rate of others. */
  readonly needsManyChannels: boolean;
}

interface DeviceTraits {
  /** Whether the device has MLAS's blocked kernels. */
  readonly hasBlocks: boolean;
  readonly kernels: KernelTraits;
  /** Whether state stays in the device's memory between steps. */
  readonly keepsState: boolean;
  /** Whether several steps in one call take less time, because state crosses to the device and back once a call. */
  readonly joinsSteps: boolean;
  /** Whether parallel runs would share the device, so that running one at a time is best. */
  readonly isShared: boolean;
  /** The requirements for using the device, as the end of a message. */
  readonly needs: string;
}

/** The keys are ONNX Runtime's names of its execution providers. */
export const DEVICES = {
  cpu: {
    hasBlocks: true,
    kernels: {
      hasPoolIndices: true,
      mixesGroups: false,
      needsEvenPads: false,
      splitsIntoMany: true,
      needsManyChannels: true,
    },
    keepsState: false,
    joinsSteps: false,
    isShared: false,
    needs: "",
  },
  webgpu: {
    hasBlocks: false,
    kernels: {
      hasPoolIndices: false,
      mixesGroups: true,
      needsEvenPads: false,
      splitsIntoMany: false,
      needsManyChannels: false,
    },
    keepsState: true,
    joinsSteps: false,
    isShared: true,
    needs: "a GPU and its driver for Vulkan, Metal or Direct3D 12 are needed",
  },
  /** Outputs are copied to the host, because the Node.js binding cannot keep them on the device. */
  cuda: {
    hasBlocks: false,
    kernels: {
      hasPoolIndices: true,
      mixesGroups: false,
      needsEvenPads: true,
      splitsIntoMany: true,
      needsManyChannels: false,
    },
    keepsState: false,
    joinsSteps: true,
    isShared: true,
    needs:
      "ONNX Runtime cannot use the GPU: the driver may be too old for CUDA 13 (see nvidia-smi), or libraries are missing, which `squeezebox setup cuda` installs",
  },
} as const satisfies Readonly<Record<string, DeviceTraits>>;

export type Device = keyof typeof DEVICES;

export function isDevice(name: string | undefined): name is Device {
  return name !== undefined && Object.hasOwn(DEVICES, name);
}

export const DEVICE_NAMES: readonly Device[] = Object.keys(DEVICES).filter(isDevice);

/**
 * `compiled`: traced and run by ONNX Runtime. `tensorflow`: traced and run as one graph of TensorFlow. `tensorflow-eager`: operation by
 * operation, with TensorFlow's kernels. `cpu`: likewise, with tfjs' own.
 */
export type Backend = "compiled" | "tensorflow" | "tensorflow-eager" | "cpu";

export const BACKENDS = ["auto", "compiled", "tensorflow", "tensorflow-eager", "cpu"] as const;
export type BackendChoice = (typeof BACKENDS)[number];

export interface EngineOptions {
  readonly backend: BackendChoice;
  /** The device of the compiled engine. */
  readonly device: Device;
  readonly threads: number;
  /** Whether XLA compiles TensorFlow's graph; no by default. */
  readonly xla?: boolean;
}

/** The number of runs at a time: one on a GPU, otherwise as many as there are cores for their threads. */
export function defaultJobs({ device, threads }: EngineOptions, gpus: readonly string[]): number {
  if (gpus.length > 0) return gpus.length;
  if (DEVICES[device].isShared) return 1;
  return Math.max(1, Math.floor(availableCores() / threads));
}

/** How many threads should load images for each run: one, so that the engine need not wait, if there is a core for it. */
export function defaultLoaders(): number {
  return availableCores() > 1 ? 1 : 0;
}
