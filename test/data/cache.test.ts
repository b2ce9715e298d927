import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, it } from "mocha";
import { cached, cachedTable, cacheEntries, cacheFolder, removeEntry } from "../../src/data/cache.js";
import { InputError } from "../../src/diagnostic.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const CHILD = fileURLToPath(new URL("cache-child.js", import.meta.url));

/** Runs with a cache at a path, or without one. */
async function withCache<Result>(path: string, run: () => Promise<Result>): Promise<Result> {
  const before = process.env.SQUEEZEBOX_CACHE;
  process.env.SQUEEZEBOX_CACHE = path;
  try {
    return await run();
  } finally {
    process.env.SQUEEZEBOX_CACHE = before;
  }
}

const inCache = (run: (folder: string) => Promise<void>) =>
  inTemporaryFolder((folder) => withCache(folder, () => run(folder)));

interface Answer {
  readonly maker: number;
  readonly content: string;
}

const started: ChildProcess[] = [];

async function start(folder: string, ...how: readonly string[]): Promise<ChildProcess> {
  const child = fork(CHILD, ["key", join(folder, "log"), ...how]);
  started.push(child);
  await once(child, "message");
  return child;
}

/** The answer of a process that is asked for the entry. */
function answerOf(child: ChildProcess): Promise<Answer> {
  child.send("go");
  return new Promise((resolve, reject) => {
    child.on("message", (message) => {
      if (typeof message === "object") resolve(message as Answer);
    });
    child.on("exit", (code, signal) => reject(new Error(`ended with ${code ?? signal}`)));
  });
}

const makersIn = (folder: string) => readFileSync(join(folder, "log"), "utf8").trim().split("\n").map(Number);

/** Makes or finds the entry with the key 1: how often it was made, and what it is. */
function counter() {
  let made = 0;
  const entry = () =>
    cached([1], async (content) => {
      made++;
      writeFileSync(content, "0123456789");
      return { made };
    });
  return {
    made: () => made,
    check: async (times: number, label = "") => {
      const found = await entry();
      assert.ok(found);
      assert.deepEqual([made, found.table], [times, { made: times }], label);
      assert.equal(readFileSync(found.content, "utf8"), "0123456789", label);
    },
    entry,
  };
}

describe("the cache", function () {
  this.timeout(180_000);
  afterEach(() => {
    for (const child of started.splice(0)) child.kill("SIGKILL");
  });

  it("has what was made under the same key, and nothing else", () =>
    inCache(async () => {
      const { check } = counter();
      await check(1);
      await check(1);
      const other = await cached([2], async () => "two");
      assert.equal(other?.table, "two");
      assert.ok(!existsSync(other.content));
      await check(1);
    }));

  it("has an entry made by one of several calls at the same time", () =>
    inCache(async () => {
      const { made, entry } = counter();
      const all = await Promise.all([entry(), entry(), entry()]);
      assert.deepEqual([made(), all.map((one) => one?.table.made)], [1, [1, 1, 1]]);
    }));

  it("has an entry that another process has made just before this one began", () =>
    inCache(async (folder) => {
      const { check } = counter();
      await check(1);
      const [entry] = cacheEntries(folder);
      const table = join(entry?.folder as string, "table.json");
      renameSync(table, `${table}.later`);
      const { readFileSync: original } = fs;
      const slow = (...words: Parameters<typeof original>) => {
        try {
          return original(...words);
        } catch (error) {
          if (words[0] === table) renameSync(`${table}.later`, table);
          throw error;
        }
      };
      Object.assign(fs, { readFileSync: slow });
      syncBuiltinESMExports();
      try {
        await check(1);
      } finally {
        Object.assign(fs, { readFileSync: original });
        syncBuiltinESMExports();
      }
    }));

  it("has an entry made by one of several processes, for which the others wait", () =>
    inCache(async (folder) => {
      const children = await Promise.all(Array.from({ length: 6 }, () => start(folder)));
      const answers = await Promise.all(children.map(answerOf));
      const makers = makersIn(folder);
      assert.equal(makers.length, 1);
      for (const answer of answers) assert.deepEqual(answer, { maker: makers[0], content: "halfwhole" });
    }));

  it("has nothing of a process that was killed while it made an entry, for which another makes it", () =>
    inCache(async (folder) => {
      const killed = await start(folder, "hang");
      const half = once(killed, "message");
      const end = answerOf(killed);
      await half;
      const [unfinished] = cacheEntries(folder);
      assert.ok(unfinished);
      assert.equal(readFileSync(join(unfinished.folder, "content"), "utf8"), "half");
      assert.equal(removeEntry(unfinished), false, "what a process is making is not removed");
      const waiting = await start(folder);
      const answer = answerOf(waiting);
      await sleep(500);
      assert.deepEqual(makersIn(folder), [killed.pid]);
      killed.kill("SIGKILL");
      await assert.rejects(end, /SIGKILL/);
      assert.deepEqual(await answer, { maker: waiting.pid, content: "halfwhole" });
      assert.deepEqual(makersIn(folder), [killed.pid, waiting.pid]);
      assert.deepEqual(readdirSync(unfinished.folder).sort(), ["content", "table.json"]);
    }));

  it("makes an entry again whose table or content is damaged", () =>
    inCache(async (folder) => {
      const { check } = counter();
      await check(1);
      const [entry] = cacheEntries(folder);
      assert.ok(entry);
      const [table, content] = [join(entry.folder, "table.json"), join(entry.folder, "content")];
      const text = () => readFileSync(table, "utf8");
      const damages: Readonly<Record<string, () => void>> = {
        "no table": () => rmSync(table),
        "an empty table": () => truncateSync(table),
        "a cut table": () => truncateSync(table, text().length - 3),
        "another number in the table": () => writeFileSync(table, text().replace(/(made\D+)\d+/, "$199")),
        "another length in the table": () => {
          writeFileSync(table, text().replace('"bytes":10', '"bytes":11'));
          appendFileSync(content, "x");
        },
        "no content": () => rmSync(content),
        "shorter content": () => truncateSync(content, 9),
        "longer content": () => appendFileSync(content, "x"),
      };
      let times = 1;
      for (const [damage, doIt] of Object.entries(damages)) {
        doIt();
        await check(++times, damage);
        await check(times, damage);
      }
    }));

  it("is used where it can only be read", () =>
    inCache(async (folder) => {
      const { check, entry, made } = counter();
      await check(1);
      const [{ folder: own } = { folder: "" }] = cacheEntries(folder);
      // Nobody can take this lock.
      mkdirSync(join(own, ".lock"));
      await check(1);
      rmSync(join(own, "table.json"));
      assert.deepEqual([await entry(), made()], [null, 1]);
    }));

  it("can be off", () =>
    withCache("off", async () => {
      const { made, entry } = counter();
      assert.equal(cacheFolder(), null);
      assert.deepEqual([await entry(), made()], [null, 0]);
      assert.equal(await cachedTable([1], async () => "made"), "made");
    }));

  it("is done without where it cannot be written", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      return withCache(join(file, "cache"), async () => {
        const { made, entry } = counter();
        assert.deepEqual([await entry(), made()], [null, 0]);
        assert.equal(await cachedTable([1], async () => "made"), "made");
      });
    }));

  it("is done without if the disk becomes full, and nothing of the entry is left", () =>
    inCache(async (folder) => {
      const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { syscall: "write" });
      const entry = await cached([1], async (content) => {
        writeFileSync(content, "half");
        throw full;
      });
      assert.equal(entry, null);
      assert.deepEqual(
        cacheEntries(folder).map(({ bytes }) => bytes),
        [0],
      );
      await counter().check(1);
    }));

  it("keeps nothing of an entry that could not be made, and passes the error on", () =>
    inCache(async (folder) => {
      const failing = cached([1], async (content) => {
        writeFileSync(content, "half");
        throw new InputError("image 7 is broken");
      });
      await assert.rejects(failing, (error) => error instanceof InputError && /image 7/.test(error.message));
      assert.deepEqual(
        cacheEntries(folder).map(({ bytes }) => bytes),
        [0],
      );
      await counter().check(1);
    }));

  it("lists what was used last first, and removes it", () =>
    inCache(async (folder) => {
      const make = (key: number) => cached([key], async () => key);
      for (const key of [1, 2, 3]) await make(key);
      const long = new Date(Date.now() - 60_000);
      for (const { folder: entry } of cacheEntries(folder)) utimesSync(join(entry, "table.json"), long, long);
      const used = await make(2);
      const [first, ...others] = cacheEntries(folder);
      assert.ok(first && used);
      assert.equal(join(first.folder, "content"), used.content);
      assert.equal(others.length, 2);
      assert.ok(first.bytes > 0 && first.used > long.getTime() + 30_000);
      assert.equal(removeEntry(first), true);
      assert.equal(cacheEntries(folder).length, 2);
      writeFileSync(join(folder, "notes.txt"), "not an entry");
      assert.equal(cacheEntries(folder).length, 2);
    }));

  it("copies entries to the disk of this machine if there is one, and does without it if it cannot be written", () =>
    inCache(async (root) => {
      const scratch = join(root, "scratch");
      process.env.SQUEEZEBOX_SCRATCH = scratch;
      try {
        let made = 0;
        const entry = () =>
          cached(["key"], async (content) => {
            made++;
            writeFileSync(content, "pixels");
            return { count: 1 };
          });
        for (let time = 1; time <= 2; time++) {
          const { content, table } = (await entry()) as Exclude<Awaited<ReturnType<typeof entry>>, null>;
          assert.ok(content.startsWith(scratch), content);
          assert.deepEqual([readFileSync(content, "utf8"), table], ["pixels", { count: 1 }]);
        }
        assert.equal(made, 1);
        rmSync(scratch, { recursive: true });
        writeFileSync(scratch, "not a folder");
        assert.equal((await entry())?.content.startsWith(scratch), false);
        assert.equal(made, 1, "the shared entry is used");
      } finally {
        delete process.env.SQUEEZEBOX_SCRATCH;
      }
    }));
});
