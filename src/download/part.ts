// The part of a file that has arrived, beside where the file will be: name.part, and name.part.from, which says which version
// of the file on the server it is from.

import { rmSync, statSync, writeFileSync } from "node:fs";
import { appendFile, open, rename, statfs } from "node:fs/promises";
import { InputError } from "../diagnostic.js";
import { formatBytes } from "../format.js";
import { readRegularFile } from "../regular-file.js";

/** A version of a file on a server. */
export interface Origin {
  readonly url: string;
  /** A strong ETag. */
  readonly etag: string;
}

export class Part {
  readonly path: string;
  readonly #from: string;

  constructor(readonly target: string) {
    this.path = `${target}.part`;
    this.#from = `${this.path}.from`;
  }

  /** The number of bytes. Throws InputError if there is something else with this name. */
  get size(): number {
    const stat = statSync(this.path, { throwIfNoEntry: false });
    if (stat && !stat.isFile())
      throw new InputError(`${this.path} is in the way: it is not a regular file; remove it`);
    return stat?.size ?? 0;
  }

  /** The version of the file at `url` that the part is from; null if that is not known. */
  etagAt(url: string): string | null {
    try {
      const from = JSON.parse(readRegularFile(this.#from, 4096).toString()) as Partial<Origin> | null;
      return from?.url === url && typeof from.etag === "string" ? from.etag : null;
    } catch {
      return null;
    }
  }

  /** Begins again, with an empty part. */
  async begin(origin: Origin | null): Promise<void> {
    await onDisk(this.path, async () => {
      this.remove();
      if (origin) writeFileSync(this.#from, JSON.stringify(origin));
      writeFileSync(this.path, "");
    });
  }

  /** Throws InputError if the disk has no room for so many more bytes. */
  async checkSpace(bytes: number): Promise<void> {
    const { bavail, bsize } = await onDisk(this.path, () => statfs(this.path));
    const free = bavail * bsize;
    if (bytes > free)
      throw new InputError(
        `${this.target} needs ${formatBytes(bytes)} more, but the disk has only ${formatBytes(free)} free; free some space, or choose a folder on another disk with --to`,
      );
  }

  /** Appends pieces as they arrive. `written` is called after each with its length. */
  async append(pieces: AsyncIterable<Uint8Array>, written: (bytes: number) => void): Promise<void> {
    const handle = await onDisk(this.path, () => open(this.path, "a"));
    try {
      for await (const piece of pieces) {
        await onDisk(this.path, () => appendFile(handle, piece));
        written(piece.length);
      }
    } finally {
      await handle.close();
    }
  }

  /** Gives the whole file its name. */
  async finish(): Promise<void> {
    await onDisk(this.target, () => rename(this.path, this.target));
    rmSync(this.#from, { force: true });
  }

  remove(): void {
    for (const file of [this.path, this.#from]) rmSync(file, { force: true });
  }
}

/** Runs an action on a file, and turns what the system reports into an InputError that a user understands. */
async function onDisk<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw diskProblem(path, error);
  }
}

export function diskProblem(path: string, error: unknown): InputError {
  const { code, message } = error as NodeJS.ErrnoException;
  const full = code === "ENOSPC" || code === "EDQUOT";
  const reason = full
    ? "the disk is full; free some space and run the same command again, which continues with what has arrived"
    : (REASONS[code ?? ""] ?? message);
  return new InputError(`cannot write ${path}: ${reason}`, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied; choose another folder with --to",
  EPERM: "permission denied; choose another folder with --to",
  EROFS: "the disk is read-only; choose another folder with --to",
  ENOTDIR: "a file is in the place of a folder; choose another folder with --to",
};
