// A folder or a tar archive (gzipped or not) -> the contents of files in it, by name.

import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { ReadEntry } from "tar";
import { InputError } from "../../diagnostic.js";
import { readRegularFile, statOrNull } from "../../regular-file.js";
import { entriesIn } from "./entries.js";
import { missing } from "./missing.js";
import { mostUnpacked } from "./most-unpacked.js";

export interface Wanted {
  readonly names: readonly string[];
  /** The largest allowed size of a file. */
  readonly mostBytes: number;
}

/** Throws InputError if the path is neither a folder nor a regular file. */
export function kindOf(path: string): "folder" | "archive" {
  const stat = statOrNull(path);
  if (!stat) throw missing("file or folder", path);
  if (stat.isDirectory()) return "folder";
  if (stat.isFile()) return "archive";
  throw new InputError(`${path} is neither a folder nor a regular file`);
}

/**
 * Returns those of the wanted files that exist, by name. They may be at any depth in an archive, but must be in a folder itself
 * or in one of its subfolders. Throws InputError if a file exists twice or is too large, or if the archive is damaged.
 */
export function readFiles(path: string, wanted: Wanted): Promise<ReadonlyMap<string, Buffer>> {
  return kindOf(path) === "folder" ? Promise.resolve(readFolder(path, wanted)) : readArchive(path, wanted);
}

/** The names and paths of the files in a folder and its subfolders, except hidden ones. */
export function filesIn(folder: string): { readonly name: string; readonly file: string }[] {
  const visible = (path: string) => entriesIn(path).filter(({ name }) => !name.startsWith("."));
  return visible(folder).flatMap((entry) => {
    const file = join(folder, entry.name);
    if (!entry.isDirectory()) return [{ name: entry.name, file }];
    const inner = visible(file).filter((one) => !one.isDirectory());
    return inner.map(({ name }) => ({ name, file: join(file, name) }));
  });
}

function readFolder(folder: string, { names, mostBytes }: Wanted): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const { name, file } of filesIn(folder)) {
    if (!names.includes(name)) continue;
    if (found.has(name)) throw twice(folder, name);
    found.set(name, readRegularFile(file, mostBytes));
  }
  return found;
}

/** The largest allowed size of an unpacked archive, including files that are not wanted. */
const MOST_ARCHIVE_BYTES = 2 ** 29;

async function readArchive(path: string, { names, mostBytes }: Wanted): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const problems: InputError[] = [];
  const { Parser } = await import("tar");
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      const name = basename(entry.path);
      if (entry.type !== "File" || !names.includes(name)) return entry.resume();
      if (found.has(name)) problems.push(twice(path, name));
      if (entry.size > mostBytes)
        problems.push(
          new InputError(`${path}: ${name} has ${entry.size} bytes; at most ${mostBytes} are read`),
        );
      if (problems.length > 0) return entry.resume();
      const content = Buffer.alloc(entry.size);
      found.set(name, content);
      let length = 0;
      return entry.on("data", (part: Buffer) => {
        length += part.copy(content, length);
      });
    },
  });
  let hasEnded = false;
  parser.on("eof", () => {
    hasEnded = true;
  });
  const damage = (cause: unknown) =>
    new InputError(`${path} is not an archive or is damaged (${(cause as Error).message})`, { cause });
  parser.on("error", (cause: unknown) => problems.push(damage(cause)));
  const isCompressed = isGzipped(path);
  const most = isCompressed
    ? Math.min(MOST_ARCHIVE_BYTES, mostUnpacked(statSync(path).size))
    : MOST_ARCHIVE_BYTES;
  const parse = async (parts: AsyncIterable<Buffer>) => {
    let bytes = 0;
    for await (const part of parts) {
      // The parser would unpack it once more, without a limit.
      if (bytes === 0 && GZIP.equals(part.subarray(0, 2)))
        problems.push(new InputError(`${path} is compressed twice`));
      bytes += part.length;
      if (bytes > most) problems.push(new InputError(`${path} unpacks to more than ${most} bytes`));
      if (problems.length === 0) parser.write(part);
      if (hasEnded || problems.length > 0) return;
    }
    parser.end();
  };
  try {
    await (isCompressed
      ? pipeline(createReadStream(path), createGunzip(), parse)
      : pipeline(createReadStream(path), parse));
  } catch (cause) {
    // Once the archive has ended or a problem was found, reading stops early, and an error from that is expected.
    if (!hasEnded && problems.length === 0) throw damage(cause);
  }
  const [problem] = problems;
  if (problem) throw problem;
  return found;
}

const GZIP = Buffer.of(0x1f, 0x8b);

/** Whatever its name. */
function isGzipped(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    const start = Buffer.alloc(2);
    readSync(descriptor, start, 0, 2, 0);
    return start.equals(GZIP);
  } finally {
    closeSync(descriptor);
  }
}

function twice(path: string, name: string): InputError {
  return new InputError(`${path} has more than one file named ${name}`);
}
