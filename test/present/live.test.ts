import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, it } from "mocha";
import { InputError } from "../../src/diagnostic.js";
import { serveLive } from "../../src/present/live-server.js";
import { CHROMIUM, inBrowser } from "../browser.js";
import { start, writeSweepFile } from "../sweep/run-cli.js";
import { inTemporaryFolder } from "../temporary-folder.js";

describe("report --watch", function () {
  this.timeout(120_000);

  it("shows the progress of a sweep without reloading the page", async function () {
    if (CHROMIUM === null) this.skip();
    await inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, {
        name: "tiny",
        variants: [{ name: "plain" }, { name: "se", set: { "network.se": { r: 2 } } }],
        seeds: [1, 2],
        epochs: 12,
      });
      const sweep = start(folder, "sweep", "tiny.yaml", "--jobs", "1");
      while (!existsSync(join(folder, "runs", "tiny", "summary.csv"))) await pause(20);
      const watch = start(folder, "report", "runs/tiny", "--watch", "--port", "0", "--json");
      try {
        await watch.until(/"address": "\S+"/);
        const seen: string[] = [];
        const problems = await inBrowser(async (page) => {
          await page.goto(watch.output().match(/http:[^"]+/)?.[0] ?? "");
          await page.evaluate("window.loadedOnce = true; document.querySelector('details').open = true");
          const look = () =>
            page.evaluate(
              "document.querySelector('.note')?.textContent + document.querySelectorAll('svg').length",
            );
          seen.push(String(await look()));
          await sweep.ended;
          await page.waitForFunction("!document.body.textContent.includes('Partial:')", { timeout: 30_000 });
          seen.push(String(await look()));
          assert.equal(
            await page.evaluate("window.loadedOnce && document.querySelector('details').open"),
            true,
          );
        });
        assert.deepEqual(problems, []);
        assert.match(seen[0] as string, /^Partial: \d of 4 runs/);
        assert.match(seen[1] as string, /With 2 seeds the smallest possible p.*7$/);
        watch.child.kill("SIGINT");
        assert.equal((await watch.ended).code, 0);
        assert.doesNotMatch(
          readFileSync(join(folder, "runs", "tiny", "report.html"), "utf8"),
          /<script|Partial:/,
        );
      } finally {
        // If a check fails, remaining processes would keep the tests from ending.
        await Promise.all([watch.killGroup(), sweep.killGroup()]);
      }
    });
  });

  it("only answers requests to this machine's own name, and refuses a port that is in use", async () => {
    const server = await serveLive(0);
    try {
      server.update("<html><head></head><body>hello</body></html>");
      const { port, hostname } = new URL(server.address);
      assert.equal(hostname, "127.0.0.1");
      const status = (path: string, options: { method?: string; headers?: Record<string, string> } = {}) =>
        new Promise<number | undefined>((resolve, reject) => {
          request({ hostname, port, path, ...options }, (response) => {
            response.resume();
            resolve(response.statusCode);
          })
            .on("error", reject)
            .end();
        });
      assert.equal(await status("/"), 200);
      assert.equal(await status("/../package.json"), 404);
      assert.equal(await status("/", { method: "POST" }), 403);
      assert.equal(await status("/", { headers: { host: "elsewhere.example" } }), 403);
      await assert.rejects(serveLive(Number(port)), InputError);
    } finally {
      server.close();
    }
  });
});
