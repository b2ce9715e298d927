// One answer of a server -> the rest of a part.

import type { IncomingHttpHeaders } from "node:http";
import { InputError } from "../diagnostic.js";
import { formatBytes } from "../format.js";
import { type Answer, type Connection, discard } from "./connection.js";
import type { RemoteFile } from "./downloadable.js";
import type { Part } from "./part.js";
import { asTransferError, TransferError } from "./transfer-error.js";

export interface TransferOptions {
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** Bytes that have arrived, and bytes in all (null if the server does not say). */
  readonly onProgress: (arrived: number, total: number | null) => void;
}

/**
 * Asks for what the part lacks, or for the whole file if the server cannot continue or has another version by now. Throws
 * TransferError if the rest does not arrive; the part then has what did.
 */
export async function transfer(
  file: RemoteFile,
  url: string,
  part: Part,
  { connection, signal, onProgress }: TransferOptions,
): Promise<void> {
  const answer = await connection.get(url, headersFor(url, part), signal);
  const { body, headers } = answer;
  try {
    // The part is already as long as the file, or longer.
    if (answer.status === 416 && part.size > 0) return;
    const { start, total } = placeOf(answer, file, part);
    if (start === 0) await part.begin(originOf(url, headers));
    if (total !== null) await part.checkSpace(total - start);
    let arrived = start;
    onProgress(arrived, total);
    const most = total ?? file.mostBytes;
    await part.append(checked(body, most - start), (bytes) => {
      arrived += bytes;
      onProgress(arrived, total);
    });
    if (arrived < (total ?? 0))
      throw new TransferError(`ended after ${arrived} of ${total} bytes`, "may pass");
  } catch (error) {
    if (signal.aborted || error instanceof InputError || error instanceof TransferError) throw error;
    throw asTransferError(error, connection.silenceMs);
  } finally {
    discard(body);
  }
}

function headersFor(url: string, part: Part): Record<string, string> {
  const { size } = part;
  const etag = part.etagAt(url);
  return {
    // Otherwise, servers may send the compressed file compressed again, with other lengths.
    "accept-encoding": "identity",
    "user-agent": "squeezebox",
    ...(size > 0 ? { range: `bytes=${size}-` } : {}),
    ...(size > 0 && etag !== null ? { "if-range": etag } : {}),
  };
}

interface Place {
  /** Where in the file the body begins: at the end of the part, or at 0. */
  readonly start: number;
  /** The length of the whole file; null if it is not known. */
  readonly total: number | null;
}

function placeOf({ status, headers }: Answer, file: RemoteFile, part: Part): Place {
  if (status !== 200 && status !== 206) throw refusal(status);
  if (headers["content-type"]?.startsWith("text/html"))
    throw new TransferError("the server sent a web page instead of the file", "stays");
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "");
  const [, first = "", whole = "*"] = range ?? [];
  if (status === 206 && Number(first) !== part.size) {
    part.remove();
    throw new TransferError("the server sent another range than it was asked for", "may pass");
  }
  const start = status === 206 ? part.size : 0;
  const announced = status === 206 ? lengthIn(whole) : lengthIn(headers["content-length"]);
  const tooLong = announced !== null && announced > file.mostBytes;
  if (tooLong || (announced !== null && file.size !== null && announced !== file.size))
    throw new TransferError(
      `the server has a file of ${announced} bytes; expected ${file.size ?? `at most ${file.mostBytes}`}`,
      "stays",
    );
  return { start, total: announced ?? file.size };
}

function lengthIn(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

function refusal(status: number): TransferError {
  const words = WORDS[status] === undefined ? "" : ` (${WORDS[status]})`;
  const mayPass = status === 408 || status === 429 || status >= 500;
  return new TransferError(`the server answered ${status}${words}`, mayPass ? "may pass" : "stays");
}

const WORDS: Readonly<Record<number, string>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not found",
  407: "the proxy asks for a password",
  429: "too many requests",
  500: "internal error",
  503: "unavailable",
};

/** A weak ETag does not promise equal bytes (RFC 9110, section 13.1.5). */
function originOf(url: string, { etag }: IncomingHttpHeaders) {
  return etag?.startsWith('"') ? { url, etag } : null;
}

/** Throws TransferError when there is more than `most` bytes. */
async function* checked(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > most)
      throw new TransferError(
        `the server sends more than the ${formatBytes(most)} that were expected`,
        "stays",
      );
    yield piece;
  }
}
