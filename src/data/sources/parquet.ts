// Parquet files as the Hugging Face Hub serves them -> encoded images and labels. The images are copied to one file of the cache,
// because a row cannot be read without its row group.

import { basename, dirname, join } from "node:path";
import { InputError } from "../../diagnostic.js";
import { statOrNull } from "../../regular-file.js";
import { cached } from "../cache.js";
import type { EncodedImages, Origin, Part, PartName, RawDataset } from "../images.js";
import type { OnProgress } from "../progress.js";
import { fromStored, sizesOf, usable } from "./encoded.js";
import { entriesIn } from "./entries.js";
import { contentsOf, manifestOf } from "./manifest.js";
import { missing } from "./missing.js";
import {
  type ParquetImages,
  type ParquetSpec,
  type PartFile,
  unpackToFile,
  unpackToMemory,
} from "./parquet-images.js";
import type { Source } from "./source.js";

export const PARQUET: Source<ParquetSpec> = {
  describe: () => null,
  files: ({ path }) => filesIn(path).map(({ file }) => file),
  open,
};

/** For example `train-00000-of-00002.parquet`, or any file in a folder `train`. */
const PART = /(?:^|[-_.])(?:(train)|(val|valid|validation|dev)|(test))(?:[-_.]|$)/i;

/** A file, or the files in a folder and its subfolders, in the order of their names. Throws InputError. */
function filesIn(path: string): readonly PartFile[] {
  const stat = statOrNull(path);
  if (!stat) throw missing("file or folder", path);
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

async function open(spec: ParquetSpec, onProgress: OnProgress): Promise<RawDataset> {
  const { path, image, label, channels, background, broken } = spec;
  const files = filesIn(path);
  const paths = files.map(({ file }) => file);
  const unpacking = { spec, files, onProgress };
  const key = ["parquet rows", manifestOf(paths), image, label, broken];
  const entry = spec.cache === "on" ? await cached(key, (content) => unpackToFile(unpacking, content)) : null;
  const memory = entry === null ? await unpackToMemory(unpacking) : null;
  const table = (entry?.table ?? memory?.table) as ParquetImages;
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
  { lengths, checksums }: ParquetImages,
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
