// A real browser for tests: Debian's chromium, or another in the usual places.

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import puppeteer, { type Page } from "puppeteer-core";

const PLACES = [
  process.env.CHROME_PATH ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Null where there is none: its tests are skipped. */
export const CHROMIUM = PLACES.find((place) => place !== "" && existsSync(place)) ?? null;

/** What the browser complained about meanwhile: errors of the page and its console, requests that failed. */
export async function inBrowser(test: (page: Page) => Promise<void>): Promise<string[]> {
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM as string,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("requestfailed", (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await test(page);
    return problems;
  } finally {
    await browser.close();
  }
}

/** Path -> its bytes, at an address of this machine while the test runs. */
export async function withServer(
  read: (path: string) => Uint8Array | null,
  test: (address: string) => Promise<void>,
): Promise<void> {
  const server = createServer(({ url = "/" }, response) => {
    const bytes = read(url);
    response.writeHead(bytes ? 200 : 404, { "content-type": url === "/" ? "text/html" : "" }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await test(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
