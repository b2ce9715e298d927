// Parquet files -> their images one after another, and a table of what belongs to each.

import { closeSync, openSync, writeSync } from "node:fs";
import { basename } from "node:path";
import type { DatasetSpec } from "../../config/experiment-spec.js";
import { InputError } from "../../diagnostic.js";
import { originOf, type PartName, sharedBytes } from "../images.js";
import type { OnProgress } from "../progress.js";
import { checksumOf } from "../read-image.js";
import { inspectOne, type StoredInspection, toStored } from "./encoded.js";
import { withParquet } from "./parquet-apart.js";

export type ParquetSpec = Extract<DatasetSpec, { name: "parquet" }>;

export interface PartFile {
  readonly file: string;
  readonly part: PartName;
}

/** What is stored beside the encoded images. */
export interface ParquetImages {
  /** The number of rows of each file. */
  readonly rows: readonly number[];
  readonly lengths: readonly number[];
  readonly checksums: readonly number[];
  readonly labels: readonly number[];
  readonly parts: readonly PartName[];
  readonly classNames: readonly string[];
  readonly inspection: StoredInspection;
}

export interface Unpacking {
  readonly spec: ParquetSpec;
  readonly files: readonly PartFile[];
  readonly onProgress: OnProgress;
}

export async function unpackToFile(unpacking: Unpacking, content: string): Promise<ParquetImages> {
  const descriptor = openSync(content, "w");
  try {
    return await unpack(unpacking, (bytes) => {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    });
  } finally {
    closeSync(descriptor);
  }
}

const MOST_BYTES_IN_MEMORY = 2 ** 30;

export async function unpackToMemory(
  unpacking: Unpacking,
): Promise<{ table: ParquetImages; content: Uint8Array }> {
  const images: Uint8Array[] = [];
  let bytes = 0;
  const table = await unpack(unpacking, (image) => {
    bytes += image.length;
    if (bytes > MOST_BYTES_IN_MEMORY)
      throw new InputError(
        `${unpacking.spec.path}: more than ${MOST_BYTES_IN_MEMORY} bytes of images, which needs the cache (dataset.cache, SQUEEZEBOX_CACHE)`,
      );
    images.push(image.slice());
  });
  const content = sharedBytes(bytes);
  let start = 0;
  for (const image of images) {
    content.set(image, start);
    start += image.length;
  }
  return { table, content };
}

async function unpack(
  { spec, files, onProgress }: Unpacking,
  write: (image: Uint8Array) => void,
): Promise<ParquetImages> {
  const { channels, background, broken } = spec;
  const options = { format: { channels, background }, isThorough: broken === "skip" };
  const lengths: number[] = [];
  const checksums: number[] = [];
  const parts: PartName[] = [];
  const labels: (number | string)[] = [];
  const sizes: number[] = [];
  const problems = new Map<number, string>();
  const tables: { file: string; rows: number }[] = [];
  let classNames: readonly string[] | null = null;
  for (const { file, part } of files)
    await withParquet(file, spec, async (table) => {
      tables.push({ file, rows: table.rows });
      classNames ??= table.classNames;
      await table.each(async ({ image, label }, index) => {
        const found = await inspectOne(image, `${file}, row ${index + 1}`, options);
        if (typeof found === "string") problems.set(labels.length, found);
        sizes.push(...(typeof found === "string" ? [0, 0] : [found.width, found.height]));
        write(image);
        lengths.push(image.length);
        checksums.push(checksumOf(image));
        parts.push(part);
        labels.push(label);
        if (index % 100 === 0 || index + 1 === table.rows)
          onProgress({ what: `unpacking ${basename(file)}`, done: index + 1, of: table.rows });
      });
    });
  const inspection = toStored({ sizes: Uint16Array.from(sizes), broken: problems });
  const nameOf = (index: number) => originOf({ files: tables, rows: Uint32Array.from(labels.keys()) }, index);
  const rows = tables.map((table) => table.rows);
  return { rows, lengths, checksums, parts, inspection, ...numbered(labels, classNames, nameOf) };
}

const MOST_CLASSES = 2 ** 16;

/** Labels as numbers from 0. Classes that are given by name are sorted by it. `nameOf`: the name of a row. */
function numbered(
  labels: readonly (number | string)[],
  known: readonly string[] | null,
  nameOf: (index: number) => string,
): Pick<ParquetImages, "labels" | "classNames"> {
  if (labels.some((label) => typeof label === "string")) {
    const names = [...new Set(labels.map(String))].sort();
    if (names.length > MOST_CLASSES)
      throw new InputError(`${nameOf(0)} and the others have more than ${MOST_CLASSES} classes`);
    const numbers = new Map(names.map((name, label) => [name, label]));
    return { labels: labels.map((label) => numbers.get(String(label)) as number), classNames: names };
  }
  const numbers = labels as readonly number[];
  const wrong = numbers.findIndex(
    (label) => !(Number.isInteger(label) && label >= 0 && label < MOST_CLASSES),
  );
  if (wrong >= 0)
    throw new InputError(
      `${nameOf(wrong)}: the label ${numbers[wrong]}; labels must be whole numbers from 0 to ${MOST_CLASSES - 1} (-1 stands for an image without a label)`,
    );
  const most = numbers.reduce((a, b) => Math.max(a, b), 1);
  if (known !== null && most >= known.length)
    throw new InputError(
      `${nameOf(numbers.indexOf(most))}: the label ${most}, but the file names only ${known.length} classes`,
    );
  return {
    labels: numbers,
    classNames: known ?? Array.from({ length: most + 1 }, (_, label) => String(label)),
  };
}
