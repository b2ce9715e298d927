// Records -> the file that Weights & Biases keeps of a run: a log of LevelDB in blocks of 32 KiB, with a header of its own and CRC-32
// instead of CRC-32C.
// https://github.com/google/leveldb/blob/main/doc/log_format.md
// https://github.com/wandb/wandb/blob/v0.22.0/wandb/sdk/internal/datastore.py

import crc32 from "crc-32";

/** Characters, a magic number of two bytes, and a version. */
const FILE_HEADER = Buffer.from(":W&B\xe1\xbe\x00", "latin1");
/** Sizes in bytes. */
const BLOCK = 32_768;
const PART_HEADER = 7;

/** The types of the parts of a record. */
const WHOLE = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;

/** A record that does not fit into what is left of a block continues in the next one. */
export function wandbLog(records: readonly Uint8Array[]): Buffer {
  const written: Uint8Array[] = [FILE_HEADER];
  let size = FILE_HEADER.length;
  const write = (bytes: Uint8Array) => {
    written.push(bytes);
    size += bytes.length;
  };
  const left = () => BLOCK - (size % BLOCK);
  for (const record of records) {
    if (left() < PART_HEADER) write(Buffer.alloc(left()));
    let start = 0;
    let isFirst = true;
    for (let isLast = false; !isLast; isFirst = false) {
      const part = record.subarray(start, start + left() - PART_HEADER);
      start += part.length;
      isLast = start === record.length;
      write(headerOf(part, isFirst ? (isLast ? WHOLE : FIRST) : isLast ? LAST : MIDDLE));
      write(part);
    }
  }
  return Buffer.concat(written);
}

/** The checksum of type and content, the length of the content, the type. */
function headerOf(part: Uint8Array, type: number): Buffer {
  const header = Buffer.alloc(PART_HEADER);
  header.writeUInt32LE(crc32.buf(part, crc32.buf([type])) >>> 0);
  header.writeUInt16LE(part.length, 4);
  header.writeUInt8(type, 6);
  return header;
}
