// IDX files (MNIST, Fashion-MNIST, EMNIST and others), gzipped or not -> labelled images.
// Format: http://yann.lecun.com/exdb/mnist/ - two zero bytes, a type byte (8: unsigned bytes), the number of dimensions,
// each dimension as a big-endian 32-bit integer, and the data.

import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { InputError } from "../../diagnostic.js";
import type { Shape } from "../../network/graph.js";
import { readRegularFile } from "../../regular-file.js";
import { type RawDataset, shapeOf } from "../images.js";
import { entriesIn } from "./entries.js";
import { datasetInMemory, inMemory, type PartInMemory } from "./in-memory.js";
import { mostUnpacked } from "./most-unpacked.js";
import type { Source } from "./source.js";

/** A folder with the four files of a dataset. If it contains several datasets, `prefix` selects one (`emnist-letters`). */
export interface IdxFolder {
  readonly directory: string;
  readonly prefix: "auto" | string;
  /** Whether the rows of the stored images are the columns of the real ones, as in EMNIST. */
  readonly transpose: boolean;
}

/** Loads the four files, with names as distributed. `t10k` or `test` is the test set. */
export function loadIdx(folder: IdxFolder): RawDataset {
  const files = findFiles(folder);
  const [train, test] = [loadPart(folder, files, "train"), loadPart(folder, files, "test")];
  const [trained, tested] = [train.images.shape, test.images.shape];
  if (tested.height !== trained.height || tested.width !== trained.width)
    throw new InputError(
      `the images are ${size(trained)} in ${files.get("train-images")}, but ${size(tested)} in ${files.get("test-images")}`,
    );
  // Labels may start at 1, as in EMNIST Letters.
  const first = Math.min(least(train), least(test));
  const classes = Math.max(2, Math.max(most(train), most(test)) - first + 1);
  const classNames = Array.from({ length: classes }, (_, index) => String(first + index));
  const finish = ({ images, labels }: PartInMemory): PartInMemory => ({
    images,
    labels: labels.map((label) => label - first),
  });
  return datasetInMemory({ classNames, train: finish(train), validation: null, test: finish(test) });
}

export const IDX: Source<IdxFolder> = {
  describe: (folder) => {
    const { train, classNames } = loadIdx(folder);
    return { shape: shapeOf(train.images, 0), classes: classNames.length, images: train.labels.length };
  },
  files: (folder) => [...findFiles(folder).values()],
  open: loadIdx,
};

type Subset = "train" | "test";
type Content = "images" | "labels";
type Files = ReadonlyMap<`${Subset}-${Content}`, string>;

/** For example `emnist-letters-train-images-idx3-ubyte.gz`. Some unpackers replace the dash before `idx` with a dot. */
const NAME = /^(?:(.*)-)?(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(?:\.gz)?$/;

function findFiles({ directory, prefix }: Pick<IdxFolder, "directory" | "prefix">): Files {
  const names = entriesIn(directory).map(({ name }) => name);
  const found = names.flatMap((name) => {
    const [, own = "", subset, content] = NAME.exec(name) ?? [];
    const key = `${subset === "train" ? "train" : "test"}-${content as Content}` as const;
    return subset === undefined ? [] : [{ name, prefix: own, key }];
  });
  const prefixes = [...new Set(found.map((file) => file.prefix))];
  const chosen = prefix === "auto" ? prefixes[0] : prefix;
  if (prefix === "auto" && prefixes.length > 1)
    throw new InputError(
      `${directory} contains several datasets; set dataset.prefix to one of ${prefixes.map((one) => one || '""').join(", ")}`,
    );
  // If a file exists both uncompressed and compressed, the uncompressed one is used: its name comes first.
  const own = new Map(
    found
      .filter((file) => file.prefix === chosen)
      .reverse()
      .map(({ key, name }) => [key, join(directory, name)]),
  );
  const missing = (["train-images", "train-labels", "test-images", "test-labels"] as const).filter(
    (key) => !own.has(key),
  );
  const [first] = missing;
  if (first !== undefined)
    throw new InputError(
      `${directory} lacks ${chosen ? `${chosen}-` : ""}${usualName(first)} (or .gz); it contains ${inWords(names)}`,
    );
  return own;
}

function usualName(key: `${Subset}-${Content}`): string {
  const [subset, content] = key.split("-");
  return `${subset === "train" ? "train" : "t10k"}-${content}-idx${content === "images" ? 3 : 1}-ubyte`;
}

const MOST_NAMES = 8;

function inWords(names: readonly string[]): string {
  if (names.length === 0) return "no files";
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return names.slice(0, MOST_NAMES).join(", ") + more;
}

function loadPart({ directory, transpose }: IdxFolder, files: Files, subset: Subset): PartInMemory {
  const images = readIdx(files.get(`${subset}-images`) as string, 3);
  const labels = readIdx(files.get(`${subset}-labels`) as string, 1);
  const [count, height, width] = images.dimensions as [number, number, number];
  if (labels.data.length !== count)
    throw new InputError(
      `${directory}: ${count} images in ${images.file}, but ${labels.data.length} labels in ${labels.file}`,
    );
  if (count === 0 || height === 0 || width === 0) throw new InputError(`${images.file} contains no images`);
  return transpose
    ? inMemory(
        { height: width, width: height, channels: 1 },
        transposed(images.data, { height, width }),
        labels.data,
      )
    : inMemory({ height, width, channels: 1 }, images.data, labels.data);
}

/** Exchanges the rows and columns of each image. */
function transposed(pixels: Uint8Array, { height, width }: { height: number; width: number }): Uint8Array {
  const result = new Uint8Array(pixels.length);
  for (let start = 0; start < pixels.length; start += height * width)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        result[start + x * height + y] = pixels[start + y * width + x] as number;
  return result;
}

const least = ({ labels }: PartInMemory) =>
  (labels as Uint8Array).reduce((low, label) => Math.min(low, label), 255);
const most = ({ labels }: PartInMemory) =>
  (labels as Uint8Array).reduce((high, label) => Math.max(high, label), 0);

interface IdxFile {
  readonly file: string;
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

const MOST_BYTES = 2 ** 31 - 1;

function readIdx(file: string, rank: number): IdxFile {
  const bytes = readRegularFile(file, MOST_BYTES);
  const isGzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const headerLength = 4 + 4 * rank;
  const header = isGzipped ? beginningOf(bytes, { file, least: headerLength }) : bytes;
  if (header.length < headerLength)
    throw new InputError(`${file}: truncated, it ends within the header, after ${header.length} bytes`);
  const magic = header.readUInt32BE(0);
  if (magic !== 0x0800 + rank)
    throw new InputError(
      `${file}: magic number ${hex(magic)}; ${rank}-dimensional IDX files of unsigned bytes start with ${hex(0x0800 + rank)}`,
    );
  const dimensions = Array.from({ length: rank }, (_, index) => header.readUInt32BE(4 + 4 * index));
  const expected = dimensions.reduce((product, dimension) => product * dimension, 1);
  const announced = `the header announces ${dimensions.join(" x ")} = ${expected} bytes`;
  if (isGzipped && expected > bytes.length * MOST_RATIO)
    throw new InputError(
      `${file}: truncated, ${announced}, which do not fit into ${bytes.length} compressed bytes`,
    );
  if (isGzipped && expected > mostUnpacked(bytes.length))
    throw new InputError(
      `${file}: ${announced}; at most ${mostUnpacked(bytes.length)} are unpacked from ${bytes.length} compressed ones`,
    );
  const content = isGzipped ? unpacked(bytes, { file, most: headerLength + expected, announced }) : bytes;
  const length = content.length - headerLength;
  if (length !== expected)
    throw new InputError(
      `${file}: ${length < expected ? "truncated" : "too long"}, ${announced}, but there are ${length}`,
    );
  return { file, dimensions, data: new Uint8Array(content.subarray(headerLength)) };
}

/** The largest number of bytes that one compressed byte can represent (deflate). */
const MOST_RATIO = 1032;

/** Enough compressed bytes to contain any header. They unpack to about a megabyte at most. */
const BEGINNING_BYTES = 1024;

function beginningOf(bytes: Buffer, { file, least }: { file: string; least: number }): Buffer {
  try {
    const begin = gunzipSync(bytes.subarray(0, BEGINNING_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
    // It may be too short because it was cut here, or because the file is.
    return begin.length < least ? gunzipSync(bytes, { maxOutputLength: least }) : begin;
  } catch (cause) {
    throw damagedGzip(file, cause);
  }
}

/** Never unpacks more than the header announces, whatever the size of the unpacked data would be. */
function unpacked(
  bytes: Buffer,
  { file, most, announced }: { file: string; most: number; announced: string },
): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new InputError(`${file}: too long, ${announced}, but there are more`, { cause });
    throw damagedGzip(file, cause);
  }
}

function damagedGzip(file: string, cause: unknown): InputError {
  return new InputError(`${file}: damaged gzip data (${(cause as Error).message})`, { cause });
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function size({ height, width }: Shape): string {
  return `${height}x${width}`;
}
