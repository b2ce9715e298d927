// IDX files (MNIST, Fashion-MNIST), gzipped or not -> labelled images.
// Format: http://yann.lecun.com/exdb/mnist/ - two zero bytes, a type byte (8: unsigned), the number of dimensions, each
// dimension as a big-endian 32-bit integer, the data.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { InputError } from "../diagnostic.js";
import type { Shape } from "../network/graph.js";
import type { LabelledImages, RawDataset } from "./images.js";

/** The four files as they are distributed; `t10k` is the test set. */
export function loadIdx(directory: string): RawDataset {
  const train = loadPart(directory, "train");
  const test = loadPart(directory, "t10k");
  if (test.shape.height !== train.shape.height || test.shape.width !== train.shape.width)
    throw new InputError(
      `${directory}: training images are ${size(train.shape)}, test images ${size(test.shape)}`,
    );
  const classes = Math.max(train.classes, test.classes);
  return { train: { ...train, classes }, validation: null, test: { ...test, classes } };
}

export function readIdxInput(directory: string): { shape: Shape; classes: number } {
  const { train } = loadIdx(directory);
  return { shape: train.shape, classes: train.classes };
}

function loadPart(directory: string, part: "train" | "t10k"): LabelledImages {
  const images = readIdx(directory, `${part}-images-idx3-ubyte`, 3);
  const labels = readIdx(directory, `${part}-labels-idx1-ubyte`, 1);
  const [count, height, width] = images.dimensions as [number, number, number];
  if (labels.data.length !== count)
    throw new InputError(
      `${directory}: ${count} images in ${images.file}, but ${labels.data.length} labels in ${labels.file}`,
    );
  if (count === 0 || height === 0 || width === 0) throw new InputError(`${images.file}: no images`);
  const classes = labels.data.reduce((most, label) => Math.max(most, label), 0) + 1;
  return {
    shape: { height, width, channels: 1 },
    classes: Math.max(2, classes),
    pixels: images.data,
    labels: labels.data,
  };
}

interface IdxFile {
  readonly file: string;
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

function readIdx(directory: string, name: string, rank: number): IdxFile {
  const file = [name, `${name}.gz`]
    .map((candidate) => join(directory, candidate))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) throw new InputError(`no ${name} (or ${name}.gz) in ${directory}`);
  const bytes = readMaybeGzipped(file);
  const header = 4 + 4 * rank;
  if (bytes.length < header)
    throw new InputError(`${file}: truncated, ${bytes.length} bytes are less than a header`);
  const magic = bytes.readUInt32BE(0);
  if (magic !== 0x0800 + rank)
    throw new InputError(
      `${file}: magic number ${hex(magic)}; an IDX file of ${rank} dimensions of bytes starts with ${hex(0x0800 + rank)}`,
    );
  const dimensions = Array.from({ length: rank }, (_, index) => bytes.readUInt32BE(4 + 4 * index));
  const expected = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (bytes.length - header !== expected) {
    const problem = bytes.length - header < expected ? "truncated" : "too long";
    throw new InputError(
      `${file}: ${problem}, the header announces ${dimensions.join(" x ")} = ${expected} bytes, there are ${bytes.length - header}`,
    );
  }
  return { file, dimensions, data: new Uint8Array(bytes.subarray(header)) };
}

function readMaybeGzipped(file: string): Buffer {
  const bytes = readBytes(file);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new InputError(`${file}: damaged gzip data (${(cause as Error).message})`, { cause });
  }
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new InputError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function size({ height, width }: Shape): string {
  return `${height}x${width}`;
}
