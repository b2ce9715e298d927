// Loads the WebAssembly that `npm run build` makes of AssemblyScript.

import { readFileSync } from "node:fs";

/** As much of it as is needed here. TypeScript knows it from browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The memory of an instance, which can grow by pages of 64 KiB. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): void;
}

/** A new instance of the module in a file: its memory and its functions. */
export function instantiate(file: URL): unknown {
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file))).exports;
}
