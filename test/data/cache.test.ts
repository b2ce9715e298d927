import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cached } from "../../src/data/cache.js";
import { inTemporaryFolder } from "../temporary-folder.js";

function inCache(use: (folder: string) => Promise<void>): Promise<void> {
  const before = process.env.SQUEEZEBOX_CACHE as string;
  return inTemporaryFolder(async (folder) => {
    process.env.SQUEEZEBOX_CACHE = folder;
    try {
      await use(folder);
    } finally {
      process.env.SQUEEZEBOX_CACHE = before;
    }
  });
}

describe("the cache", () => {
  it("has what several need at the same time made by one of them, while the others wait", () =>
    inCache(async (folder) => {
      let made = 0;
      const ask = () =>
        cached(["key"], async (content) => {
          made++;
          writeFileSync(content, "first half");
          await sleep(50);
          writeFileSync(content, "first half, second half");
          return { made };
        });
      for (const entry of await Promise.all([ask(), ask(), ask()])) {
        assert.deepEqual(entry?.table, { made: 1 });
        assert.equal(readFileSync(entry?.content as string, "utf8"), "first half, second half");
      }
      assert.equal(made, 1);
      assert.equal(readdirSync(folder).length, 1);
    }));

  it("makes an entry again that a killed process has left incomplete", () =>
    inCache(async (folder) => {
      const make = async (content: string) => {
        writeFileSync(content, "whole");
        return {};
      };
      const complete = await cached(["key"], make);
      const entry = join(folder, readdirSync(folder)[0] as string);
      const { pid } = spawnSync(process.execPath, ["-e", ""]);
      const lock = { pid, host: hostname(), started: "", id: "of-a-killed-process" };
      for (const leftover of ["content", "other.part"]) writeFileSync(join(entry, leftover), "half");
      writeFileSync(join(entry, ".lock"), JSON.stringify(lock));
      const again = await cached(["key"], make);
      assert.deepEqual(again, complete);
      assert.equal(readFileSync(join(entry, "content"), "utf8"), "whole");
      assert.deepEqual(readdirSync(entry).sort(), ["content", "table.json"]);
    }));

  it("is done without where it cannot be written", () =>
    inCache(async (folder) => {
      process.env.SQUEEZEBOX_CACHE = join(folder, "file", "below");
      writeFileSync(join(folder, "file"), "");
      assert.equal(await cached(["key"], async () => ({})), null);
      process.env.SQUEEZEBOX_CACHE = "off";
      assert.equal(await cached(["key"], async () => ({})), null);
    }));
});
