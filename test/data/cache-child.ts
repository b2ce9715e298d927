// A process that needs an entry of the cache: `node cache-child.js <key> <log> [hang]`. It waits for a message, writes a line to the
// log if it makes the entry, slowly, and sends what it has. With `hang`, it never gets beyond half of the content.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { cached } from "../../src/data/cache.js";

const [key, log, how] = process.argv.slice(2) as [string, string, string?];

process.on("disconnect", () => process.exit());
process.once("message", async () => {
  const entry = await cached([key], async (content) => {
    appendFileSync(log, `${process.pid}\n`);
    writeFileSync(content, "half");
    process.send?.("half");
    await sleep(how === "hang" ? 2 ** 30 : 300);
    appendFileSync(content, "whole");
    return { maker: process.pid };
  });
  process.send?.({ maker: entry?.table.maker, content: entry && readFileSync(entry.content, "utf8") });
  process.disconnect();
});
process.send?.("ready");
