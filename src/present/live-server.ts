// Serves a page to browsers on this machine and updates it whenever it changes.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { InputError } from "../diagnostic.js";

export interface LiveServer {
  readonly address: string;
  /** Replaces the page, also in all browsers that show it. */
  update(html: string): void;
  close(): void;
}

const HOST = "127.0.0.1";

/** Replaces only the content of `main`, so that the scroll position is kept, and keeps open details open. */
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

/** Listens on 127.0.0.1 only. Port 0 stands for any free port. Throws InputError if the port is in use or not allowed. */
export async function serveLive(port: number): Promise<LiveServer> {
  let page = "";
  const listeners = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const send = (type: string, text: string) =>
      response.writeHead(200, { ...HEADERS, "content-type": `${type}; charset=utf-8` }).end(text);
    // DNS rebinding: a foreign page whose host name resolves to this machine must not read the report.
    const asked = request.headers.host?.replace(/:\d+$/, "");
    if ((asked !== HOST && asked !== "localhost") || request.method !== "GET")
      response.writeHead(403, HEADERS).end();
    else if (request.url === "/") send("text/html", page);
    else if (request.url === "/live.js") send("text/javascript", SCRIPT);
    else if (request.url === "/events") {
      response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
      // The browser's page may be outdated, because it comes from an earlier server or the browser was suspended.
      response.write(page === "" ? ": nothing yet\n\n" : CHANGED);
      listeners.add(response);
      response.on("close", () => listeners.delete(response));
    } else response.writeHead(404, HEADERS).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE" || error.code === "EACCES"
          ? new InputError(`port ${port} is in use or not allowed; choose another one with --port`)
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
