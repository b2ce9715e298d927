// Many normally distributed numbers at once, by WebAssembly (assembly/normals.ts).

import type { RandomStream } from "../random.js";
import { instantiate, type Memory } from "../web-assembly.js";

interface Normals {
  readonly memory: Memory;
  fillNormal(state: number, count: number, deviation: number, to: number): void;
}

const { memory, fillNormal: fill } = instantiate(new URL("normals.wasm", import.meta.url)) as Normals;

/** Addresses in the memory, in bytes, after the tables of its own. */
const STATE = 2 ** 16;
const NUMBERS = STATE + 16;
/** How many numbers are made at a time, in pairs. */
const MOST = 2 ** 14;

/**
 * Overwrites all values with normal ones of mean 0: those that as many calls of the stream's `normal` would return, in half the time.
 * The stream itself stays where it is.
 */
export function fillNormal(values: Float32Array, stream: RandomStream, deviation: number): Float32Array {
  const [firstUpper = 0, firstLower = 0, secondUpper = 0, secondLower = 0] = stream.state();
  memory.grow(Math.max(0, Math.ceil((NUMBERS + 4 * MOST - memory.buffer.byteLength) / 2 ** 16)));
  new Int32Array(memory.buffer, STATE, 4).set([firstLower, firstUpper, secondLower, secondUpper]);
  for (let start = 0; start < values.length; start += MOST) {
    const count = Math.min(MOST, values.length - start);
    fill(STATE, count, deviation, NUMBERS);
    values.set(new Float32Array(memory.buffer, NUMBERS, count), start);
  }
  return values;
}
