// A Parquet file -> the images and labels in it, one row group after another.

import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { InputError } from "../../diagnostic.js";
import { didYouMean } from "../../suggest.js";
import { mostUnpacked } from "./most-unpacked.js";
import { checkPages } from "./parquet-pages.js";

export interface ParquetRow {
  readonly image: Uint8Array;
  /** A number, or the name of a class. */
  readonly label: number | string;
}

export interface ParquetColumns {
  /** The names of the columns; `auto` for the usual names. */
  readonly image: string;
  readonly label: string;
}

export interface ParquetTable {
  readonly rows: number;
  /** The names of the classes in the order of their labels; null if the file does not name them. */
  readonly classNames: readonly string[] | null;
  /** Calls `use` with each row in order. */
  each(use: (row: ParquetRow, index: number) => Promise<void>): Promise<void>;
}

/** The names that datasets on the Hugging Face Hub use. */
const USUAL = {
  image: ["image", "img", "images", "png", "jpg", "jpeg"],
  label: ["label", "labels", "fine_label", "target", "class", "cls"],
} as const;

const MOST_GROUP_BYTES = 2 ** 31;
const MOST_CLASSES = 2 ** 16;

/** Rejects with InputError if the file is damaged, or has no column with images or labels. */
export async function openParquet(file: string, columns: ParquetColumns): Promise<ParquetTable> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const compressors = await boundedCompressors();
  const damaged = (cause: unknown) =>
    cause instanceof InputError
      ? cause
      : new InputError(`${file} is not a Parquet file, or it is damaged (${(cause as Error).message})`, {
          cause,
        });
  const { buffer, metadata, available } = await open().catch((cause: unknown) => {
    throw damaged(cause);
  });
  async function open(): Promise<{ buffer: AsyncBuffer; metadata: FileMetaData; available: string[] }> {
    const buffer = await asyncBufferFromFile(file);
    const metadata = await parquetMetadataAsync(buffer);
    const rows = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    // An image has more than one byte, however well it is compressed.
    if (!(rows <= buffer.byteLength && rows === Number(metadata.num_rows)))
      throw new Error(`${metadata.num_rows} rows in ${buffer.byteLength} bytes`);
    return { buffer, metadata, available: topColumns(metadata) };
  }
  const [image, label] = (["image", "label"] as const).map((key) =>
    columnFor(key, columns[key], available, file),
  ) as [string, string];
  return {
    rows: Number(metadata.num_rows),
    classNames: classNamesIn(metadata, label, file),
    each: async (use) => {
      let start = 0;
      for (const group of metadata.row_groups) {
        const count = Number(group.num_rows);
        if (!(count >= 0 && Number(group.total_byte_size) <= MOST_GROUP_BYTES))
          throw damaged(new Error(`a row group of ${count} rows and ${group.total_byte_size} bytes`));
        const range = { rowStart: start, rowEnd: start + count };
        const read = { file: buffer, metadata, columns: [image, label], compressors, utf8: false, ...range };
        const rows = await checkPages(buffer, group, read.columns)
          .then(() => parquetReadObjects(read))
          .catch((cause: unknown) => {
            throw damaged(cause);
          });
        if (rows.length !== count) throw damaged(new Error(`${rows.length} of ${count} rows`));
        for (const [offset, row] of rows.entries()) {
          const name = `${file}, row ${start + offset + 1}`;
          await use({ image: bytesIn(row[image], name), label: labelIn(row[label], name) }, start + offset);
        }
        start += count;
      }
    },
  };
}

/** Decompressors that refuse to unpack more than a page of images may contain. */
async function boundedCompressors(): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, length: number) => {
        if (length > mostUnpacked(input.length)) throw new Error(`a page unpacks to ${length} bytes`);
        return decompress(input, length);
      },
    ]),
  );
}

/** The names of the columns of the table itself, in a schema that lists a tree in depth-first order. */
function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  /** How many elements belong to the column that was named last. */
  let inside = 0;
  for (const { name, num_children = 0 } of schema.slice(1)) {
    if (inside === 0) names.push(name);
    else inside--;
    inside += num_children;
  }
  return names;
}

function columnFor(
  key: "image" | "label",
  wanted: string,
  available: readonly string[],
  file: string,
): string {
  const found =
    wanted === "auto"
      ? USUAL[key].find((name) => available.includes(name))
      : available.find((name) => name === wanted);
  if (found !== undefined) return found;
  const problem =
    wanted === "auto"
      ? `no column with ${key}s under a usual name (${USUAL[key].join(", ")}); name it in dataset.${key}`
      : `no column ${wanted}`;
  throw new InputError(
    `${file}: ${problem}; its columns are ${available.join(", ")}${didYouMean(wanted, available)}`,
  );
}

function bytesIn(value: unknown, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const { bytes, path } = (value ?? {}) as { bytes?: unknown; path?: unknown };
  if (bytes instanceof Uint8Array) return bytes;
  throw new InputError(
    `${name}: ${path ? `the image is not in the file, only its path (${String(path).slice(0, 80)})` : "there is no image"}`,
  );
}

function labelIn(value: unknown, name: string): number | string {
  if (typeof value === "bigint" || typeof value === "number") return Number(value);
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  throw new InputError(
    `${name}: the label must be a number or a text; found ${value === null || value === undefined ? "none" : typeof value}`,
  );
}

/** From the features that the library `datasets` describes under the key `huggingface`. Throws InputError. */
function classNamesIn(
  { key_value_metadata: pairs }: FileMetaData,
  label: string,
  file: string,
): readonly string[] | null {
  const names = namesIn(pairs?.find(({ key }) => key === "huggingface")?.value ?? "null", label);
  if (!(Array.isArray(names) && names.every((name) => typeof name === "string"))) return null;
  if (names.length > MOST_CLASSES)
    throw new InputError(`${file} names ${names.length} classes; at most ${MOST_CLASSES} are supported`);
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw new InputError(`${file} has two classes named ${twice}`);
  return names;
}

function namesIn(features: string, label: string): unknown {
  try {
    return JSON.parse(features)?.info?.features?.[label]?.names;
  } catch {
    return null;
  }
}
