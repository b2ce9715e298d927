// A file of the catalogue -> the same file in a folder, verified.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { InputError } from "../diagnostic.js";
import type { RemoteFile } from "./downloadable.js";
import { Part } from "./part.js";
import { type TransferOptions, transfer } from "./transfer.js";
import { TransferError } from "./transfer-error.js";
import { difference } from "./verify.js";

export interface Patience {
  /** Tries without progress before an address is given up. */
  readonly tries: number;
  /** The first wait between two tries, in milliseconds; each one is twice as long as the one before. */
  readonly waitMs: number;
  /** For how long nothing may arrive, in milliseconds. */
  readonly silenceMs: number;
}

export const PATIENCE: Patience = { tries: 5, waitMs: 1000, silenceMs: 30_000 };

export interface DownloadOptions extends TransferOptions {
  readonly folder: string;
  readonly patience: Patience;
  /** Called before a wait, with the reason for another try. */
  readonly onRetry: (reason: string, waitMs: number) => void;
}

/** Thrown when a file cannot be had from any of its addresses. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";

  constructor(
    /** Why, for each address. */
    readonly reasons: readonly { readonly url: string; readonly reason: string }[],
  ) {
    super(reasons.map(({ url, reason }) => `${url}: ${reason}`).join("\n"));
  }
}

/**
 * Downloads a file unless it is there, continuing an earlier part. A file has its name only once it is verified. Throws InputError
 * if another file has that name or if the disk does not take it, and DownloadError.
 */
export async function download(
  file: RemoteFile,
  options: DownloadOptions,
): Promise<"downloaded" | "present"> {
  const { folder, signal } = options;
  const target = join(folder, file.name);
  if (existsSync(target)) {
    const wrong = await difference(target, file, signal);
    if (wrong === null) return "present";
    throw new InputError(
      `${target} is not the published file: ${wrong}; remove or rename it, or choose another folder with --to`,
    );
  }
  const part = new Part(target);
  const reasons: { url: string; reason: string }[] = [];
  for (const url of file.urls)
    try {
      await fetchFrom(url, file, part, options);
      return "downloaded";
    } catch (error) {
      if (signal.aborted || !(error instanceof TransferError)) throw error;
      reasons.push({ url, reason: error.message });
    }
  throw new DownloadError(reasons);
}

/** Tries again while that may help. */
async function fetchFrom(url: string, file: RemoteFile, part: Part, options: DownloadOptions): Promise<void> {
  const { patience, signal, onRetry } = options;
  for (let tries = 1; ; tries++) {
    const before = part.size;
    try {
      if (before === 0 || before !== file.size) await transfer(file, url, part, options);
      const wrong = await difference(part.path, file, signal);
      if (wrong === null) return await part.finish();
      part.remove();
      // What was continued may be of two versions of the file, or of a damaged part.
      throw new TransferError(
        `what it sent is not the published file (removed): ${wrong}`,
        before > 0 ? "may pass" : "stays",
      );
    } catch (error) {
      if (signal.aborted || !(error instanceof TransferError) || error.mayPass === "stays") throw error;
      if (part.size - before >= PROGRESS_BYTES) tries = 1;
      if (tries >= patience.tries) throw error;
      const waitMs = patience.waitMs * 2 ** (tries - 1);
      onRetry(error.message, waitMs);
      await setTimeout(waitMs, undefined, { signal });
    }
  }
}

/** Whoever receives so much at a time will receive all of it. */
const PROGRESS_BYTES = 1 << 20;
