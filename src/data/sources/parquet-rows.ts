// A Parquet file -> the images and labels in it, one row group after another.

import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet";
import { InputError } from "../../diagnostic.js";
import { didYouMean } from "../../suggest.js";

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
const MOST_ROWS = 2 ** 27;

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
  const { buffer, metadata } = await open().catch((cause: unknown) => {
    throw damaged(cause);
  });
  async function open(): Promise<{ buffer: AsyncBuffer; metadata: FileMetaData }> {
    const buffer = await asyncBufferFromFile(file);
    return { buffer, metadata: await parquetMetadataAsync(buffer) };
  }
  const available = metadata.schema
    .slice(1)
    .filter((_, index) => isTop(metadata, index + 1))
    .map(({ name }) => name);
  const [image, label] = (["image", "label"] as const).map((key) =>
    columnFor(key, columns[key], available, file),
  ) as [string, string];
  return {
    rows: Number(metadata.num_rows),
    classNames: classNamesIn(metadata, label),
    each: async (use) => {
      let start = 0;
      for (const group of metadata.row_groups) {
        const count = Number(group.num_rows);
        if (!(count >= 0 && start + count <= MOST_ROWS && Number(group.total_byte_size) <= MOST_GROUP_BYTES))
          throw damaged(new Error(`a row group of ${count} rows and ${group.total_byte_size} bytes`));
        const range = { rowStart: start, rowEnd: start + count };
        const rows = await parquetReadObjects({
          file: buffer,
          metadata,
          columns: [image, label],
          compressors,
          utf8: false,
          ...range,
        }).catch((cause: unknown) => {
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

/** Decompressors that refuse to unpack more than a row group may contain. */
async function boundedCompressors(): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, length: number) => {
        if (length > MOST_GROUP_BYTES) throw new Error(`a page unpacks to ${length} bytes`);
        return decompress(input, length);
      },
    ]),
  );
}

/** Whether an element of the schema, which lists a tree in depth-first order, is a column of the table itself. */
function isTop({ schema }: FileMetaData, wanted: number): boolean {
  let index = 1;
  const skip = (): void => {
    let children = schema[index]?.num_children ?? 0;
    index++;
    for (; children > 0 && index < schema.length; children--) skip();
  };
  while (index < wanted) skip();
  return index === wanted;
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
      : `no column ${wanted}${didYouMean(wanted, available)}`;
  throw new InputError(`${file}: ${problem}. Its columns are ${available.join(", ")}`);
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

/** From the features that the library `datasets` describes under the key `huggingface`. */
function classNamesIn({ key_value_metadata: pairs }: FileMetaData, label: string): readonly string[] | null {
  try {
    const text = pairs?.find(({ key }) => key === "huggingface")?.value ?? "null";
    const names: unknown = JSON.parse(text)?.info?.features?.[label]?.names;
    return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : null;
  } catch {
    return null;
  }
}
