// A file -> damaged versions of it, as bad disks, bad networks and bad people make them.

import type { RandomStream } from "../../src/random.js";

export interface Mutation {
  /** In words, to find out later what was done. */
  readonly what: string;
  readonly bytes: Buffer;
}

/** Applies one to three mutations. The same stream makes the same ones. */
export function mutated(bytes: Buffer, random: RandomStream): Mutation {
  let result: Mutation = { what: "", bytes };
  for (let count = 1 + random.integer(3); count > 0 && result.bytes.length > 0; count--) {
    const mutate = MUTATIONS[random.integer(MUTATIONS.length)] as (typeof MUTATIONS)[number];
    const next = mutate(Buffer.from(result.bytes), random);
    result = { what: result.what === "" ? next.what : `${result.what}, ${next.what}`, bytes: next.bytes };
  }
  return result;
}

const MUTATIONS: readonly ((bytes: Buffer, random: RandomStream) => Mutation)[] = [
  truncate,
  flipBits,
  replaceRun,
  writeExtreme,
  writeExtreme,
  duplicateChunk,
  deleteChunk,
];

/** Half of the places are in the first or last bytes, where headers and lists of contents are. */
function place(length: number, random: RandomStream): number {
  const near = Math.min(length, 160);
  switch (random.integer(4)) {
    case 0:
      return random.integer(near);
    case 1:
      return length - 1 - random.integer(near);
    default:
      return random.integer(length);
  }
}

function truncate(bytes: Buffer, random: RandomStream): Mutation {
  const length = place(bytes.length, random);
  return { what: `cut to ${length} bytes`, bytes: bytes.subarray(0, length) };
}

function flipBits(bytes: Buffer, random: RandomStream): Mutation {
  const flips = 1 + random.integer(8);
  const places = Array.from({ length: flips }, () => place(bytes.length, random));
  for (const at of places) bytes[at] = (bytes[at] as number) ^ (1 << random.integer(8));
  return { what: `flipped a bit at ${places.join(", ")}`, bytes };
}

function replaceRun(bytes: Buffer, random: RandomStream): Mutation {
  const start = place(bytes.length, random);
  const length = Math.min(bytes.length - start, 1 + random.integer(32));
  const value = [0, 0xff, 0x80, 0x7f, -1][random.integer(5)] as number;
  for (let at = start; at < start + length; at++) bytes[at] = value < 0 ? random.integer(256) : value;
  return { what: `${length} bytes at ${start} set to ${value < 0 ? "random values" : value}`, bytes };
}

/** Sizes, counts and offsets that programs do not expect, as binary numbers of any width. */
const EXTREMES = [
  [
    "00",
    "01",
    "7f",
    "80",
    "ff",
    "0000",
    "ffff",
    "7fff",
    "0100",
    "00000000",
    "ffffffff",
    "7fffffff",
    "80000000",
  ],
  ["00000080", "ffffff7f", "00010000", "0000000000000000", "ffffffffffffffff", "ffffffffffffff7f"],
  // Variable-length integers, as in Thrift: 2^31 - 1, 2^32 - 1, 2^63 - 1.
  ["ffffffff07", "ffffffff0f", "ffffffffffffffff7f"],
].flat();

function writeExtreme(bytes: Buffer, random: RandomStream): Mutation {
  const value = Buffer.from(EXTREMES[random.integer(EXTREMES.length)] as string, "hex");
  const start = place(bytes.length, random);
  value.copy(bytes, start);
  return { what: `0x${value.toString("hex")} at ${start}`, bytes };
}

function chunk(bytes: Buffer, random: RandomStream): { start: number; end: number } {
  const start = place(bytes.length, random);
  return { start, end: Math.min(bytes.length, start + 1 + random.integer(512)) };
}

function duplicateChunk(bytes: Buffer, random: RandomStream): Mutation {
  const { start, end } = chunk(bytes, random);
  return {
    what: `bytes ${start} to ${end} twice`,
    bytes: Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]),
  };
}

function deleteChunk(bytes: Buffer, random: RandomStream): Mutation {
  const { start, end } = chunk(bytes, random);
  return {
    what: `bytes ${start} to ${end} removed`,
    bytes: Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]),
  };
}
