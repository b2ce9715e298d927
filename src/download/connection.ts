// A URL -> the server's answer, through the proxy that the environment names, and after redirects.

import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { EnvHttpProxyAgent, request } from "undici";
import { InputError } from "../diagnostic.js";
import { asTransferError, TransferError } from "./transfer-error.js";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be read or destroyed. */
  readonly body: Readable;
}

export interface Connection {
  /** Throws TransferError. The body's errors are not converted. */
  get(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
  /** For how long nothing may arrive, in milliseconds. */
  readonly silenceMs: number;
  close(): Promise<void>;
}

/** Uses the proxies in HTTP_PROXY and HTTPS_PROXY, except for hosts in NO_PROXY. Throws InputError if they are not URLs. */
export function connect(silenceMs: number): Connection {
  const agent = proxyAgent(silenceMs);
  return {
    silenceMs,
    close: () => agent.destroy(),
    get: async (start, headers, signal) => {
      let url = new URL(start);
      for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
        // A copy of the headers, because undici adds to it the host that it asks the proxy for.
        const options = { dispatcher: agent, headers: { ...headers }, signal };
        const answer = await request(url, options).catch((error: unknown) => {
          throw signal.aborted ? error : asTransferError(error, silenceMs);
        });
        const { location } = answer.headers;
        if (!REDIRECTS.includes(answer.statusCode) || typeof location !== "string")
          return { status: answer.statusCode, headers: answer.headers, body: answer.body };
        discard(answer.body);
        url = redirected(url, location);
      }
      throw new TransferError(`more than ${MOST_REDIRECTS} redirects`, "stays");
    },
  };
}

/** Ends an answer without reading it. */
export function discard(body: Readable): void {
  body.on("error", () => {}).destroy();
}

const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : null;
  if (to === null || !["http:", "https:"].includes(to.protocol))
    throw new TransferError(`redirected to ${location}, which is not a web address`, "stays");
  if (from.protocol === "https:" && to.protocol === "http:")
    throw new TransferError(`redirected from https to ${to.href}, which is not encrypted`, "stays");
  return to;
}

function proxyAgent(silenceMs: number): EnvHttpProxyAgent {
  const timeouts = { headersTimeout: silenceMs, bodyTimeout: silenceMs };
  try {
    return new EnvHttpProxyAgent({ ...timeouts, connect: { timeout: silenceMs } });
  } catch (cause) {
    throw new InputError(
      "HTTP_PROXY and HTTPS_PROXY must be addresses of proxies, as in http://proxy.example.org:3128",
      { cause },
    );
  }
}
