// The memory that a process needs for training on the CPU, and the memory that there is.

import { totalmem } from "node:os";

export interface MemoryParts {
  /** Of the values that each program needs at the same time, all programs together. */
  readonly liveBytes: number;
  /** Of weights, moving statistics and the optimizer's moments. */
  readonly stateBytes: number;
}

/**
 * The most bytes that a process has at any time, without the images of its dataset. The factors were fitted to twelve runs of 140 MB to 3 GB,
 * which needed at most 11 % less or more: values take a fifth as much again, for what kernels need in between and for gaps between
 * values; state is there twice, and copies of it while it is initialised and while checkpoints are written.
 */
export function neededBytes({ liveBytes, stateBytes }: MemoryParts): number {
  return 150e6 + 1.2 * liveBytes + 4.2 * stateBytes;
}

/** `variables`: tensors of float32. */
export function stateBytes(variables: Iterable<{ readonly size: number }>): number {
  return Array.from(variables, ({ size }) => Float32Array.BYTES_PER_ELEMENT * size).reduce(
    (a, b) => a + b,
    0,
  );
}

/** The memory of this machine, or what the process may use of it. */
export function machineBytes(): number {
  // 0 or a huge number if there is no limit.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
