// Parquet files as the Hugging Face Hub serves them -> encoded images and labels. The images are copied to one file of the cache,
// because a row cannot be read without its row group.

import { closeSync, openSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DatasetSpec } from "../../config/experiment-spec.js";
import { InputError } from "../../diagnostic.js";
import { statOrNull } from "../../regular-file.js";
import { cached } from "../cache.js";
import {
  type EncodedImages,
  type Origin,
  originOf,
  type Part,
  type PartName,
  type RawDataset,
  sharedBytes,
} from "../images.js";
import type { OnProgress } from "../progress.js";
import { checksumOf } from "../read-image.js";
import { fromStored, inspectOne, type StoredInspection, sizesOf, toStored, usable } from "./encoded.js";
import { entriesIn } from "./entries.js";
import { contentsOf, manifestOf } from "./manifest.js";
import { withParquet } from "./parquet-apart.js";
import type { Source } from "./source.js";

type ParquetSpec = Extract<DatasetSpec, { name: "parquet" }>;

export const PARQUET: Source<ParquetSpec> = {
  describe: () => null,
  files: ({ path }) => filesIn(path).map(({ file }) => file),
  open,
};

interface PartFile {
  readonly file: string;
  readonly part: PartName;
}

/** For example `train-00000-of-00002.parquet`, or any file in a folder `train`. */
const PART = /(?:^|[-_.])(?:(train)|(val|valid|validation|dev)|(test))(?:[-_.]|$)/i;

/** A file, or the files in a folder and its subfolders, in the order of their names. Throws InputError. */
function filesIn(path: string): readonly PartFile[] {
  const stat = statOrNull(path);
  if (!stat) throw new InputError(`there is no file or folder ${path}`);
  if (!stat.isDirectory()) return [{ file: path, part: "train" }];
  const found = below(path, 2);
  if (found.length === 0) throw new InputError(`${path} contains no files that end in .parquet`);
  const known = found.flatMap((file) => {
    const part = partOf(file, path);
    return part === null ? [] : [{ file, part }];
  });
  if (known.some(({ part }) => part === "train")) return known;
  throw new InputError(
    `${path}: no file has the name of a training set, such as train-00000-of-00001.parquet; found ${found
      .slice(0, 5)
      .map((file) => basename(file))
      .join(", ")}`,
  );
}

function below(folder: string, depth: number): string[] {
  return entriesIn(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 && !entry.name.startsWith(".") ? below(path, depth - 1) : [];
    return entry.name.endsWith(".parquet") ? [path] : [];
  });
}

function partOf(file: string, root: string): PartName | null {
  const inFolder = dirname(file) === root ? [] : [basename(dirname(file))];
  for (const name of [basename(file, ".parquet"), ...inFolder]) {
    const [, train, validation, test] = PART.exec(name) ?? [];
    if (train) return "train";
    if (validation) return "validation";
    if (test) return "test";
  }
  return null;
}

/** What is stored beside the encoded images. */
interface Table {
  /** The number of rows of each file. */
  readonly rows: readonly number[];
  readonly lengths: readonly number[];
  readonly checksums: readonly number[];
  readonly labels: readonly number[];
  readonly parts: readonly PartName[];
  readonly classNames: readonly string[];
  readonly inspection: StoredInspection;
}

interface Unpacking {
  readonly spec: ParquetSpec;
  readonly files: readonly PartFile[];
  readonly onProgress: OnProgress;
}

async function open(spec: ParquetSpec, onProgress: OnProgress): Promise<RawDataset> {
  const { path, image, label, channels, background, broken } = spec;
  const files = filesIn(path);
  const paths = files.map(({ file }) => file);
  const unpacking = { spec, files, onProgress };
  const key = ["parquet rows", manifestOf(paths), image, label, broken];
  const entry = spec.cache === "on" ? await cached(key, (content) => unpackToFile(unpacking, content)) : null;
  const memory = entry === null ? await unpackToMemory(unpacking) : null;
  const table = (entry?.table ?? memory?.table) as Table;
  const tables = files.map(({ file }, index) => ({ file, rows: table.rows[index] as number }));
  const placesOf = piecesIn(table, entry?.content ?? (memory?.content as Uint8Array), tables);
  const inspection = fromStored(table.inspection);
  const kept = usable(table.labels.length, inspection, broken);
  const partOf = (name: PartName): Part | null => {
    const own = kept.filter((index) => table.parts[index] === name);
    return own.length === 0
      ? null
      : {
          images: {
            kind: "encoded",
            places: placesOf(own),
            sizes: sizesOf(inspection, own),
            channels,
            background,
          },
          labels: Uint16Array.from(own, (index) => table.labels[index] as number),
        };
  };
  const train = partOf("train");
  if (train === null) throw new InputError(`${path} contains no training images`);
  const identity = [contentsOf(paths), image, label, kept.length, channels, background.join()];
  return {
    classNames: table.classNames,
    train,
    validation: partOf("validation"),
    test: partOf("test"),
    fingerprint: identity.join(" "),
    broken: [...inspection.broken.values()],
    otherFiles: 0,
  };
}

/** `content`: the path of the file with all images one after another, or its content. */
function piecesIn(
  { lengths, checksums }: Table,
  content: string | Uint8Array,
  files: Origin["files"],
): (images: Uint32Array) => EncodedImages["places"] {
  const starts: number[] = [];
  let bytes = 0;
  for (const length of lengths) {
    starts.push(bytes);
    bytes += length;
  }
  return (images) => {
    const pick = (values: readonly number[]) => Array.from(images, (index) => values[index] as number);
    const pieces = {
      starts: Float64Array.from(pick(starts)),
      lengths: Uint32Array.from(pick(lengths)),
      origin: { files, rows: images },
    };
    return typeof content === "string"
      ? { ...pieces, file: content, bytes, checksums: Uint32Array.from(pick(checksums)) }
      : { ...pieces, content };
  };
}

async function unpackToFile(unpacking: Unpacking, content: string): Promise<Table> {
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

async function unpackToMemory(unpacking: Unpacking): Promise<{ table: Table; content: Uint8Array }> {
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
): Promise<Table> {
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
): Pick<Table, "labels" | "classNames"> {
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
