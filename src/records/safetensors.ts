// Named float32 arrays and text metadata <-> one file in the safetensors format
// (https://github.com/huggingface/safetensors: header length, JSON header, data), with a checksum that is verified on reading.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { DamagedFileError, writeWhole } from "./files.js";

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The metadata key of the SHA-256 of everything else in the file. */
const DIGEST = "sha256";

const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MOST_HEADER_BYTES = 100_000_000;

type Metadata = Readonly<Record<string, string>>;
type Header = Record<string, unknown> & { __metadata__: Metadata };

/** If `previous` is given, an existing file is kept under that name. */
export function writeTensors(file: string, { tensors, metadata }: TensorFile, previous?: string): void {
  let offset = 0;
  const header: Header = { __metadata__: metadata };
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const data = Array.from(tensors.values(), ({ values }) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  header.__metadata__ = { ...metadata, [DIGEST]: digestOf(header, data) };
  // The header is padded with spaces so that the data is aligned to 8 bytes.
  const json = JSON.stringify(header);
  const text = Buffer.from(json + " ".repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(text.length));
  writeWhole(file, Buffer.concat([length, text, ...data]), previous);
}

/** Returns null if the file does not exist. Throws DamagedFileError if its content is not what `writeTensors` wrote. */
export function readTensors(file: string): TensorFile | null {
  if (!existsSync(file)) return null;
  const fail = (problem: string): never => {
    throw new DamagedFileError(file, problem);
  };
  if (!statSync(file).isFile()) return fail("it is not a regular file");
  const bytes = readFileSync(file);
  const { header, data } = splitFile(bytes, fail);
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isTextByName(metadata)) return fail("its metadata must be strings");
  const { [DIGEST]: digest, ...others } = metadata;
  if (digest === undefined) return fail("it has no checksum");
  // The checksum was computed before it was added to the header.
  if (digest !== digestOf({ ...header, __metadata__: others }, [data]))
    return fail("its content does not match its checksum");
  const tensors = new Map(
    Object.entries(entries).map(([name, entry]) => [name, tensorAt(entry, data, name, fail)] as const),
  );
  return { tensors, metadata: others };
}

type Fail = (problem: string) => never;

function splitFile(bytes: Buffer, fail: Fail): { header: Header; data: Buffer } {
  if (bytes.length < LENGTH_BYTES) return fail(`it has only ${bytes.length} bytes`);
  const length = Number(bytes.readBigUInt64LE(0));
  if (length > MOST_HEADER_BYTES || LENGTH_BYTES + length > bytes.length)
    return fail("its header is truncated");
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString("utf8", LENGTH_BYTES, LENGTH_BYTES + length));
  } catch {
    return fail("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    return fail("its header is not a JSON object");
  return { header: header as Header, data: bytes.subarray(LENGTH_BYTES + length) };
}

function tensorAt(entry: unknown, data: Buffer, name: string, fail: Fail) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (dtype !== "F32") return fail(`${name} has type ${String(dtype)} instead of F32`);
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
    return fail(`${name} has no valid shape or offsets`);
  const [from, to] = offsets as [number, number];
  const size = 4 * shape.reduce((product, dimension) => product * dimension, 1);
  if (to - from !== size || to > data.length)
    return fail(`${name} has shape ${shape.join("x")} but ${to - from} bytes`);
  const copy = new Uint8Array(data.subarray(from, to));
  return { shape, values: new Float32Array(copy.buffer) };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isTextByName(value: unknown): value is Metadata {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((text) => typeof text === "string")
  );
}

/** SHA-256 of the header's JSON text, followed by the data. */
function digestOf(header: object, data: readonly Uint8Array[]): string {
  const hash = createHash("sha256").update(JSON.stringify(header));
  for (const part of data) hash.update(part);
  return hash.digest("hex");
}
