// A web server whose answers a test writes itself, and files to download from it.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { RemoteFile } from "../../src/download/downloadable.js";

/** `times`: how often the path was asked for before. */
export type Handler = (request: IncomingMessage, response: ServerResponse, times: number) => void;

export interface FileServer {
  /** Ends with a slash. */
  readonly url: string;
  /** `/path` or `/path bytes=5-`, in order. */
  readonly requests: readonly string[];
}

export async function withServer<Result>(
  handler: Handler,
  run: (server: FileServer) => Promise<Result>,
): Promise<Result> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { url = "", headers } = request;
    const times = requests.filter((one) => one.split(" ")[0] === url).length;
    requests.push([url, headers.range].filter(Boolean).join(" "));
    response.on("error", () => {});
    handler(request, response, times);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await run({ url: `http://127.0.0.1:${port}/`, requests });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends what was asked for, as a server does that knows ranges. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  etag = '"1"',
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const isSame = (request.headers["if-range"] ?? etag) === etag;
  if (start === 0 || !isSame)
    response.writeHead(200, { "content-length": content.length, etag }).end(content);
  else if (start >= content.length)
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
  else
    response
      .writeHead(206, {
        "content-length": content.length - start,
        "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
        etag,
      })
      .end(content.subarray(start));
}

/** Announces the content and breaks the connection after `bytes` of it. */
export function breakAfter(response: ServerResponse, content: Buffer, bytes: number, etag = '"1"'): void {
  response.writeHead(200, { "content-length": content.length, etag });
  response.write(content.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
}

export function hash(algorithm: "md5" | "sha256", content: Buffer): string {
  return createHash(algorithm).update(content).digest("hex");
}

export function fileOf(name: string, content: Buffer, urls: readonly string[]): RemoteFile {
  const size = content.length;
  return { name, urls, size, mostBytes: size, md5: hash("md5", content), sha256: hash("sha256", content) };
}
