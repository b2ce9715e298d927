// Parquet files of one row group, written byte by byte so that tests can lie in them.
// Format: https://parquet.apache.org/docs/file-format/ and the compact protocol of Thrift.

export interface Page {
  /** As the header says. `omit`: the header does not say it. */
  readonly compressedSize?: number | "omit";
  readonly uncompressedSize?: number;
  readonly values: number;
  readonly content: Buffer;
}

export interface ParquetParts {
  /** As the footer says. */
  readonly rows: number;
  readonly image: Page;
  readonly label: Page;
  /** 0: none, 1: Snappy, 2: gzip, 6: Zstandard. */
  readonly codec?: number;
  /** The metadata of the library `datasets`, under the key `huggingface`. */
  readonly huggingface?: string;
  readonly imageName?: string;
}

/** A column of byte arrays `image` and one of 64-bit integers `label`, both optional, in plain encoding. */
export function parquetFile({
  rows,
  image,
  label,
  codec = 0,
  huggingface,
  imageName = "image",
}: ParquetParts): Buffer {
  const magic = Buffer.from("PAR1");
  const pages = [image, label].map(pageWithHeader);
  const starts = [4, 4 + (pages[0] as Buffer).length];
  const column = (index: number, type: number, name: string) =>
    struct([
      [2, i64(starts[index] as number)],
      [
        3,
        struct([
          [1, i32(type)],
          [2, list(5, [zigzag(0)])],
          [3, list(8, [text(name)])],
          [4, i32(codec)],
          [5, i64(rows)],
          [6, i64((pages[index] as Buffer).length)],
          [7, i64((pages[index] as Buffer).length)],
          [9, i64(starts[index] as number)],
        ]),
      ],
    ]);
  const leaf = (type: number, name: string) =>
    struct([
      [1, i32(type)],
      [3, i32(1)],
      [4, binary(name)],
    ]).bytes;
  const footer = struct([
    [1, i32(1)],
    [
      2,
      list(12, [
        struct([
          [4, binary("schema")],
          [5, i32(2)],
        ]).bytes,
        leaf(6, imageName),
        leaf(2, "label"),
      ]),
    ],
    [3, i64(rows)],
    [
      4,
      list(12, [
        struct([
          [1, list(12, [column(0, 6, imageName).bytes, column(1, 2, "label").bytes])],
          [2, i64(Buffer.concat(pages).length)],
          [3, i64(rows)],
        ]).bytes,
      ]),
    ],
    ...(huggingface === undefined
      ? []
      : [
          [
            5,
            list(12, [
              struct([
                [1, binary("huggingface")],
                [2, binary(huggingface)],
              ]).bytes,
            ]),
          ] as Field,
        ]),
  ]).bytes;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([magic, ...pages, footer, length, magic]);
}

/** Definition levels of values that are all present, and the values. */
export function present(count: number, values: Buffer): Buffer {
  return Buffer.concat([levels(Buffer.concat([varint(2 * count), Buffer.of(1)])), values]);
}

/** Encoded definition levels, with their length. */
export function levels(runs: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(runs.length);
  return Buffer.concat([length, runs]);
}

export function byteArrays(values: readonly Buffer[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(value.length);
      return [length, value];
    }),
  );
}

export function integers(values: readonly bigint[]): Buffer {
  return Buffer.from(new BigInt64Array(values).buffer);
}

function pageWithHeader({ compressedSize, uncompressedSize, values, content }: Page): Buffer {
  const header = struct([
    [1, i32(0)],
    [2, i32(uncompressedSize ?? content.length)],
    ...(compressedSize === "omit" ? [] : [[3, i32(compressedSize ?? content.length)] as Field]),
    [
      5,
      struct([
        [1, i32(values)],
        [2, i32(0)],
        [3, i32(3)],
        [4, i32(3)],
      ]),
    ],
  ]);
  return Buffer.concat([header.bytes, content]);
}

interface Value {
  readonly type: number;
  readonly bytes: Buffer;
}

type Field = readonly [id: number, value: Value];

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value);
const i32 = (value: number): Value => ({ type: 5, bytes: zigzag(value) });
const i64 = (value: number): Value => ({ type: 6, bytes: zigzag(value) });
const text = (value: string) => Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);
const binary = (value: string): Value => ({ type: 8, bytes: text(value) });

function list(type: number, elements: readonly Buffer[]): Value {
  return { type: 9, bytes: Buffer.concat([Buffer.of(0xf0 + type), varint(elements.length), ...elements]) };
}

function struct(fields: readonly Field[]): Value {
  let last = 0;
  const parts = fields.flatMap(([id, { type, bytes }]) => {
    const head = Buffer.of(((id - last) << 4) + type);
    last = id;
    return [head, bytes];
  });
  return { type: 12, bytes: Buffer.concat([...parts, Buffer.of(0)]) };
}
