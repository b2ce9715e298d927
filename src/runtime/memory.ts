// The memory that a process needs for training on the CPU, and the memory that there is.

import { totalmem } from "node:os";

export interface MemoryParts {
  /** Of the values that each program needs at the same time, all programs together. */
  readonly liveBytes: number;
  /** Of weights, moving statistics and the optimizer's moments. */
  readonly stateBytes: number;
}

const MEGABYTE = 2 ** 20;

/**
 * The most bytes that a process has at any time, without the images of its dataset. The factors were fitted to seven runs, of which none
 * needed a quarter more or less: values take a fifth as much again, for what kernels need in between and for gaps between values;
 * state is there twice, and copies of it while checkpoints are written.
 */
export function neededBytes({ liveBytes, stateBytes }: MemoryParts): number {
  return 165 * MEGABYTE + 1.2 * liveBytes + 3.6 * stateBytes;
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
