import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";
import { fileURLToPath } from "node:url";
import { type Holder, holderOf, isLock, type Lock, lockFolder } from "../../src/records/lock.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const CHILD = fileURLToPath(new URL("lock-child.js", import.meta.url));

interface Answer {
  readonly held: boolean;
  readonly holder?: number;
}

async function startChildren(folder: string, count: number): Promise<ChildProcess[]> {
  const children = Array.from({ length: count }, () => fork(CHILD, [folder]));
  await Promise.all(children.map((child) => once(child, "message")));
  return children;
}

async function tryLock(child: ChildProcess): Promise<Answer> {
  const answer = once(child, "message");
  child.send("lock");
  return (await answer)[0] as Answer;
}

async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  const exit = once(child, "exit");
  if (signal) child.kill(signal);
  else child.send("end");
  await exit;
}

function take(folder: string): Lock {
  const result = lockFolder(folder);
  assert.ok(isLock(result));
  return result;
}

describe("lockFolder", function () {
  this.timeout(60_000);

  it("returns the holder to a second caller until the lock is released", () =>
    inTemporaryFolder((parent) => {
      const folder = join(parent, "new", "folder");
      const lock = take(folder);
      const { pid, host } = lockFolder(folder) as Holder;
      assert.deepEqual([pid, host], [process.pid, hostname()]);
      lock.release();
      assert.deepEqual(readdirSync(folder), []);
      const second = take(folder);
      lock.release();
      assert.ok(
        !isLock(lockFolder(folder)),
        "releasing a lock twice must not release that of another holder",
      );
      second.release();
      take(folder).release();
    }));

  it("returns the holder to another process, and is stale once the holder was killed", () =>
    inTemporaryFolder(async (folder) => {
      const [holder, other] = (await startChildren(folder, 2)) as [ChildProcess, ChildProcess];
      assert.deepEqual(await tryLock(holder), { held: true });
      assert.deepEqual(await tryLock(other), { held: false, holder: holder.pid });
      await end(holder, "SIGKILL");
      assert.deepEqual(await tryLock(other), { held: true });
      assert.ok(!isLock(lockFolder(folder)));
      await end(other, "SIGKILL");
      take(folder).release();
      assert.deepEqual(readdirSync(folder), []);
    }));

  /** Checks whether a lock file with this content is respected. */
  const checkFile = (content: string, expected: "held" | "stale") =>
    inTemporaryFolder((folder) => {
      writeFileSync(join(folder, ".lock"), content);
      const result = lockFolder(folder);
      assert.equal(isLock(result) ? "stale" : "held", expected, content);
      if (isLock(result)) {
        assert.ok(!isLock(lockFolder(folder)));
        result.release();
        assert.deepEqual(readdirSync(folder), []);
      }
    });

  it("respects live processes and those on other machines, but not unreadable files", async () => {
    const own = { pid: process.pid, host: hostname(), started: "", id: "one" };
    const gone = fork(CHILD, ["-"]);
    await once(gone, "message");
    await end(gone, "SIGKILL");
    await checkFile(JSON.stringify(own), "held");
    await checkFile(JSON.stringify({ ...own, started: "1" }), "stale");
    await checkFile(JSON.stringify({ ...own, pid: gone.pid }), "stale");
    await checkFile(JSON.stringify({ ...own, pid: gone.pid, host: "elsewhere" }), "held");
    for (const damaged of ["", "{", "null", "[]", '{"pid":"x"}']) await checkFile(damaged, "stale");
  });

  it("is stale if a process on another machine has given no sign of life for a minute, by the clock of the file server", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, ".lock");
      const elsewhere = { pid: 1, host: "elsewhere", started: "", id: "one" };
      const silentFor = (seconds: number) => {
        writeFileSync(file, JSON.stringify(elsewhere));
        const then = statSync(file).mtimeMs / 1000 - seconds;
        utimesSync(file, then, then);
      };
      silentFor(50);
      assert.equal((lockFolder(folder) as Holder).host, "elsewhere");
      silentFor(61);
      const lock = take(folder);
      lock.release();
      assert.deepEqual(readdirSync(folder), []);
    }));

  it("is kept by signs of life, and lost to a successor, whose files are left alone", () =>
    inTemporaryFolder(async (folder) => {
      mock.timers.enable({ apis: ["setInterval"] });
      try {
        const file = join(folder, ".lock");
        const lock = take(folder);
        const { id } = JSON.parse(readFileSync(file, "utf8")) as Holder;
        utimesSync(file, 1, 1);
        mock.timers.tick(15_000);
        assert.ok(Date.now() - statSync(file).mtimeMs < 10_000, "a sign was given");
        assert.equal(lock.lost.aborted, false);
        const successor = { pid: 1, host: "elsewhere", started: "", id: "two" };
        writeFileSync(join(folder, `.lock.after-${id}`), JSON.stringify(successor));
        mock.timers.tick(15_000);
        assert.equal(lock.lost.aborted, true);
        lock.release();
        assert.deepEqual(readdirSync(folder).sort(), [".lock", `.lock.after-${id}`]);
        assert.equal(holderOf(folder)?.id, "two");
      } finally {
        mock.timers.reset();
      }
    }));

  it("gives a free or stale lock to exactly one of eight processes", async () => {
    for (let round = 0; round < 6; round++)
      await inTemporaryFolder(async (folder) => {
        if (round % 3 > 0) {
          const [dead] = (await startChildren(folder, 1)) as [ChildProcess];
          await tryLock(dead);
          await end(dead, "SIGKILL");
        }
        const children = await startChildren(folder, 8);
        const answers = await Promise.all(children.map(tryLock));
        const holders = children.filter((_, index) => answers[index]?.held);
        assert.equal(holders.length, 1, `round ${round}: ${JSON.stringify(answers)}`);
        for (const { held, holder } of answers) assert.equal(held ? undefined : holders[0]?.pid, holder);
        await Promise.all(children.map((child) => end(child)));
      });
  });

  it("refuses a lock file that is not a regular file instead of waiting for it", () =>
    inTemporaryFolder((folder) => {
      const lock = join(folder, ".lock");
      for (const make of [
        () => symlinkSync("/nonexistent/x", lock),
        () => symlinkSync("/dev/zero", lock),
        () => mkdirSync(lock),
      ]) {
        make();
        assert.throws(() => lockFolder(folder), /\.lock is not a lock .*remove it/);
        rmSync(lock, { recursive: true });
      }
      assert.deepEqual(readdirSync(folder), []);
    }));
});
