// The WebAssembly of assembly/. Images are copied into its memory and results out of it, so it keeps nothing.

import type { Shape } from "../network/graph.js";
import { instantiate, type Memory } from "../web-assembly.js";
import type { Image } from "./images.js";

/** What the functions do and expect is said in assembly/. Addresses and sizes are in bytes. */
export interface Kernels {
  readonly memory: Memory;
  resampleRows(
    from: number,
    rows: number,
    inputs: number,
    channels: number,
    taps: number,
    width: number,
    most: number,
    to: number,
  ): void;
  resampleColumns(from: number, values: number, taps: number, height: number, most: number, to: number): void;
  mix(at: number, bytes: number, dull: number, factor: number): void;
  mixWithLuma(at: number, pixels: number, factor: number): void;
  sum(at: number, bytes: number): number;
  sumOfLuma(at: number, pixels: number): number;
  shiftHue(at: number, pixels: number, shift: number): void;
  lookUpNumbers(from: number, bytes: number, channels: number, tables: number, to: number): void;
  mirrorRows(from: number, rows: number, width: number, channels: number, to: number): void;
}

/** Kernels read and write up to so many bytes after an image. */
export const PADDING = 64;

/** Changes pixels where they are, in the memory of the kernels. */
export type Edit = (kernels: Kernels, at: number, shape: Shape) => void;

/** An image after one edit after another. */
export function edited({ shape, pixels }: Image, edits: readonly Edit[]): Image {
  return withMemory(pixels.length + PADDING, (kernels, bytes, at) => {
    bytes.set(pixels, at);
    for (const edit of edits) edit(kernels, at, shape);
    return { shape, pixels: bytes.slice(at, at + pixels.length) };
  });
}

/** Lends memory: `size` bytes from `start` on, whose content is whatever was left there. */
export function withMemory<Result>(
  size: number,
  use: (kernels: Kernels, bytes: Uint8Array, start: number) => Result,
): Result {
  const kernels = instance ?? (instantiate(FILE) as Kernels);
  instance = kernels;
  const { memory } = kernels;
  const missing = START + size - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  try {
    return use(kernels, new Uint8Array(memory.buffer), START);
  } finally {
    if (memory.buffer.byteLength > MOST_KEPT) instance = null;
  }
}

/** Of this thread. */
let instance: Kernels | null = null;

const FILE = new URL("pixels.wasm", import.meta.url);
const START = 1024;
const PAGE = 2 ** 16;
/** Memory can grow, but not shrink: beyond this size it is given back. */
const MOST_KEPT = 2 ** 26;
