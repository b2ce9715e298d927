// A file on disk -> whether it is the published one.

import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { InputError } from "../diagnostic.js";
import type { RemoteFile } from "./downloadable.js";

/** What is wrong with the file, with what was expected and found; null if nothing is. Throws InputError if it is not a file. */
export async function difference(
  path: string,
  { size, md5, sha256 }: RemoteFile,
  signal: AbortSignal,
): Promise<string | null> {
  const stat = statSync(path);
  if (!stat.isFile()) throw new InputError(`${path} is not a regular file`);
  if (size !== null && stat.size !== size) return `it has ${stat.size} bytes; expected ${size}`;
  const hashes = [
    { name: "MD5", hash: createHash("md5"), expected: md5 },
    ...(sha256 === null ? [] : [{ name: "SHA-256", hash: createHash("sha256"), expected: sha256 }]),
  ];
  for await (const piece of createReadStream(path, { signal, highWaterMark: 1 << 20 }))
    for (const { hash } of hashes) hash.update(piece as Buffer);
  for (const { name, hash, expected } of hashes) {
    const found = hash.digest("hex");
    if (found !== expected) return `its ${name} is ${found}; expected ${expected}`;
  }
  return null;
}
