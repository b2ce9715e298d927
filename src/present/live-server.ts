// A page that changes -> the same page in browsers of this machine, renewed when it does.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { InputError } from "../diagnostic.js";

export interface LiveServer {
  readonly address: string;
  /** Shows another page to whoever looks. */
  update(html: string): void;
  close(): void;
}

const HOST = "127.0.0.1";

/** The page stays where its reader is: only what is in `main` is replaced, and what was unfolded stays so. */
const SCRIPT = `
new EventSource("/events").onmessage = async () => {
  const html = await (await fetch("/")).text();
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("main");
  const open = [...document.querySelectorAll("details")].map((details) => details.open);
  document.querySelector("main").replaceWith(next);
  document.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? false; });
};
`;

const CHANGED = "data: changed\n\n";

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; img-src data:",
  "x-content-type-options": "nosniff",
};

/** On 127.0.0.1 only; port 0 takes any that is free. Throws InputError where the port is taken. */
export async function serveLive(port: number): Promise<LiveServer> {
  let page = "";
  const listeners = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const send = (type: string, text: string) =>
      response.writeHead(200, { ...HEADERS, "content-type": `${type}; charset=utf-8` }).end(text);
    // A page elsewhere whose name leads here must not read what is here.
    const asked = request.headers.host?.replace(/:\d+$/, "");
    if ((asked !== HOST && asked !== "localhost") || request.method !== "GET")
      response.writeHead(403, HEADERS).end();
    else if (request.url === "/") send("text/html", page);
    else if (request.url === "/live.js") send("text/javascript", SCRIPT);
    else if (request.url === "/events") {
      response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
      // It may have been loaded from an earlier server, or slept.
      response.write(page === "" ? ": nothing yet\n\n" : CHANGED);
      listeners.add(response);
      response.on("close", () => listeners.delete(response));
    } else response.writeHead(404, HEADERS).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE" || error.code === "EACCES"
          ? new InputError(`port ${port} is taken or not allowed; --port takes another`)
          : error,
      ),
    );
    server.listen(port, HOST, resolve);
  });
  return {
    address: `http://${HOST}:${(server.address() as AddressInfo).port}/`,
    update: (html) => {
      page = html.replace(
        "</head>",
        '<link rel="icon" href="data:,"><script src="/live.js" defer></script></head>',
      );
      for (const listener of listeners) listener.write(CHANGED);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
