// The WebAssembly of assembly/. Images are copied into its memory and results out of it, so it keeps nothing. There is one instance in a
// thread, because V8 reserves 10 GB of addresses for each.

import { readFileSync } from "node:fs";
import type { Shape } from "../network/graph.js";
import type { Image } from "./images.js";

/** What the functions do and expect is said in assembly/. Addresses and sizes are in bytes. */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
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
  fillNormal(state: number, count: number, deviation: number, to: number): void;
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
  const kernels = instance ?? instantiate();
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

/** After the tables of the kernels themselves. */
const START = 2 ** 16;
const PAGE = 2 ** 16;
/** Memory can grow, but not shrink: beyond this size it is given back. */
const MOST_KEPT = 2 ** 26;

/** As much of it as is needed here. TypeScript knows it from browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

function instantiate(): Kernels {
  const module = new WebAssembly.Module(readFileSync(new URL("kernels.wasm", import.meta.url)));
  return new WebAssembly.Instance(module).exports as Kernels;
}
