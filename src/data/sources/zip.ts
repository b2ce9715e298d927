// A ZIP archive -> the files in it that are wanted, no larger than the archive says, and with the right checksums.
// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, without encryption, and without the fields of ZIP64, which
// archives of less than 4 GB need not have.

import { inflateRawSync } from "node:zlib";
import { checksumOf } from "../read-image.js";

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  /** In bytes. */
  readonly packed: number;
  readonly unpacked: number;
  /** Where its own header starts. */
  readonly start: number;
}

const STORED = 0;
const DEFLATED = 8;

/** The files whose names `isWanted`, by name. `most`: the number of bytes of all files together. Throws Error. */
export function unzip(
  archive: Buffer,
  { isWanted, most }: { isWanted: (name: string) => boolean; most: number },
): ReadonlyMap<string, Uint8Array> {
  const entries = entriesOf(archive);
  const sum = (key: "packed" | "unpacked") => entries.reduce((total, entry) => total + entry[key], 0);
  if (sum("packed") > archive.length) throw new Error("its files are said to be larger than the archive");
  if (sum("unpacked") > most) throw new Error(`it unpacks to more than ${most} bytes`);
  return new Map(
    entries.filter(({ name }) => isWanted(name)).map((entry) => [entry.name, contentOf(archive, entry)]),
  );
}

const END = 0x06054b50;
const END_BYTES = 22;
/** The comment after the end of the list of files. */
const MOST_COMMENT_BYTES = 0xffff;
const LISTED = 0x02014b50;
const LISTED_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;

/** The list of files, which is at the end. */
function entriesOf(archive: Buffer): Entry[] {
  let end = archive.length - END_BYTES;
  while (end >= 0 && archive.readUInt32LE(end) !== END) {
    if (archive.length - end > END_BYTES + MOST_COMMENT_BYTES) end = 0;
    end--;
  }
  if (end < 0) throw new Error("it does not end with a list of files");
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let count = archive.readUInt16LE(end + 10); count > 0; count--) {
    if (at + LISTED_BYTES > end || archive.readUInt32LE(at) !== LISTED)
      throw new Error("its list of files is damaged");
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    entries.push({
      method: archive.readUInt16LE(at + 10),
      checksum: archive.readUInt32LE(at + 16),
      packed: archive.readUInt32LE(at + 20),
      unpacked: archive.readUInt32LE(at + 24),
      start: archive.readUInt32LE(at + 42),
      name: archive.toString("utf8", at + LISTED_BYTES, at + LISTED_BYTES + name),
    });
    at += LISTED_BYTES + name + extra + comment;
  }
  return entries;
}

function contentOf(archive: Buffer, { name, method, checksum, packed, unpacked, start }: Entry): Uint8Array {
  if (start + LOCAL_BYTES > archive.length || archive.readUInt32LE(start) !== LOCAL)
    throw new Error(`${name} is not where the list of files says`);
  const from = start + LOCAL_BYTES + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28);
  const content = archive.subarray(from, from + packed);
  if (content.length !== packed) throw new Error(`${name} is cut`);
  const bytes = unpack(content, method, Math.max(1, unpacked));
  if (bytes.length !== unpacked) throw new Error(`${name} has ${bytes.length} bytes instead of ${unpacked}`);
  if (checksumOf(bytes) !== checksum) throw new Error(`${name} has a wrong checksum`);
  return bytes;
}

function unpack(content: Buffer, method: number, maxOutputLength: number): Buffer {
  if (method === STORED) return content;
  if (method === DEFLATED) return inflateRawSync(content, { maxOutputLength });
  throw new Error(`compression method ${method} is not supported`);
}
