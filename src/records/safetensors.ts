// Named float32 arrays and a few words about them <-> one file in the safetensors format
// (https://github.com/huggingface/safetensors: header length, JSON header, data).

import { existsSync, readFileSync } from "node:fs";
import { writeWhole } from "./files.js";

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
  readonly metadata: Readonly<Record<string, string>>;
}

export function writeTensors(file: string, { tensors, metadata }: TensorFile): void {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  // The header is padded with spaces so that the data are aligned to 8 bytes.
  const json = JSON.stringify(header);
  const text = Buffer.from(json + " ".repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const data = Array.from(tensors.values(), ({ values }) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  writeWhole(file, Buffer.concat([length, text, ...data]));
}

/** Null where there is no such file. */
export function readTensors(file: string): TensorFile | null {
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, start)) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  > & { __metadata__?: Record<string, string> };
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map(
    Object.entries(entries).map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const copy = new Uint8Array(bytes.subarray(start + from, start + to));
        return [name, { shape, values: new Float32Array(copy.buffer) }] as const;
      },
    ),
  );
  return { tensors, metadata };
}
