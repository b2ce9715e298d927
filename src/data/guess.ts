// A path -> the description of the dataset that is there, by the names of files.

import { basename, join } from "node:path";
import { InputError } from "../diagnostic.js";
import { statOrNull } from "../regular-file.js";
import { entriesIn } from "./sources/entries.js";
import { missing } from "./sources/missing.js";

/** The kind of a dataset, and the key that its path belongs to. Throws InputError if there is nothing. */
export function guessedKind(path: string): Readonly<Record<string, string>> {
  const stat = statOrNull(path);
  if (!stat) throw missing("file or folder", path);
  const entries = stat.isDirectory() ? entriesIn(path) : [];
  const names = stat.isDirectory() ? entries.map(({ name }) => name) : [basename(path)];
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (has(/-idx3-ubyte(\.gz)?$|\.idx3-ubyte(\.gz)?$/)) return { name: "idx", directory: path };
  if (has(/^(data_batch_1\.bin|cifar-10-b.*)$/)) return { name: "cifar10", path };
  if (has(/^(fine_label_names\.txt|cifar-100-b.*)$/)) return { name: "cifar100", path };
  if (!stat.isDirectory() && /\.npz$/.test(path)) return { name: "npz", path };
  const inside = entries
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => entriesIn(join(path, entry.name)).map(({ name }) => name));
  if ([...names, ...inside].some((name) => name.endsWith(".parquet"))) return { name: "parquet", path };
  if (stat.isDirectory()) return { name: "folder", path };
  throw new InputError(
    `${path}: expected an experiment (YAML), or a dataset: a folder of images, IDX files, an archive of CIFAR, an .npz or .parquet file`,
  );
}
