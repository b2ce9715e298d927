// Workers without their command: what they do with the orders that it has left.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, it } from "mocha";
import { signsIn, signsOf } from "../../src/sweep/work/signs.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { logOf, reproducible, statuses } from "./results.js";
import { type SweepText, start, writeSweepFile } from "./run-cli.js";

const SWEEP: SweepText = { name: "left", variants: [{ name: "plain" }], seeds: [1, 2], epochs: 4 };
const RESULTS = join("runs", "left");

describe("a worker", function () {
  this.timeout(180_000);

  /** A sweep whose command was killed as soon as it had written its orders. */
  const inLeftSweep = (text: SweepText, use: (folder: string, results: string) => Promise<void>) =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, text);
      const command = start(folder, "sweep", "left.yaml", "--jobs", "1");
      const orders = join(folder, RESULTS, ".work", "orders.json");
      while (!existsSync(orders)) await sleep(5);
      await command.killGroup();
      // It may have begun a run before it was killed.
      const results = join(folder, RESULTS);
      const signs = join(results, ".work", "signs");
      for (const name of existsSync(signs) ? readdirSync(signs) : []) rmSync(join(signs, name));
      rmSync(join(results, "plain"), { recursive: true, force: true });
      await use(folder, results);
    });
  const worker = (folder: string) => start(folder, "worker", RESULTS);
  const locksIn = (results: string) =>
    readdirSync(join(results, "plain"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.lock/.test(name),
    );
  const logged = (results: string, pattern: RegExp) =>
    logOf(results, "plain/seed-1").match(pattern)?.length ?? 0;
  const untilLogged = async (results: string, pattern: RegExp, times: number) => {
    while (logged(results, pattern) < times) await sleep(5);
  };

  it("trains what a killed command has left, and the next command has nothing more to do than to write the tables", () =>
    inTemporaryFolder(async (other) => {
      writeSweepFile(other, SWEEP);
      assert.equal((await start(other, "sweep", "left.yaml").ended).code, 0);
      await inLeftSweep(SWEEP, async (folder, results) => {
        const both = [worker(folder), worker(folder)];
        const ends = await Promise.all(both.map(({ ended }) => ended));
        assert.deepEqual(
          ends.map(({ code }) => code),
          [0, 0],
        );
        const said = ends.map(({ output }) => output).join("");
        for (const seed of [1, 2])
          assert.equal(said.match(new RegExp(`seed-${seed} finished`, "g"))?.length, 1, said);
        assert.equal((await start(folder, "status", RESULTS).ended).output, "2 of 2 runs finished\n");
        const { output } = await start(folder, "sweep", "left.yaml").ended;
        assert.match(output, /2 runs, 2 already finished/);
        assert.deepEqual(reproducible(results), reproducible(join(other, RESULTS)));
      });
    }));

  it("may be killed before it can say that its run has finished", () =>
    inLeftSweep({ ...SWEEP, seeds: [1] }, async (folder, results) => {
      assert.equal((await worker(folder).ended).code, 0);
      const [fingerprint = ""] = signsIn(results).finished;
      rmSync(join(results, ".work", "signs", `${fingerprint}.finished`));
      signsOf(results, fingerprint).running({ worker: "killed", after: 0, attempt: 1, progress: null });
      const { code, output } = await start(folder, "sweep", "left.yaml").ended;
      assert.equal(code, 0);
      assert.match(output, /1 already finished/);
      assert.ok(!existsSync(join(results, ".work")));
    }));

  it("ends with the reason if it cannot give signs any more, as on a full disk", () =>
    inLeftSweep({ ...SWEEP, epochs: 1000, seeds: [1] }, async (folder, results) => {
      const { ended } = worker(folder);
      await untilLogged(results, /epoch 1:/g, 1);
      const signs = join(results, ".work", "signs");
      rmSync(signs, { recursive: true });
      writeFileSync(signs, "");
      const { code, errors } = await ended;
      assert.equal(code, 2, errors);
      assert.match(errors, /signs/);
      assert.doesNotMatch(errors, /\n +at /);
      assert.deepEqual(locksIn(results), []);
    }));

  it("ends at once on SIGTERM and after its epoch on SIGUSR2, without leaving locks", () =>
    inLeftSweep({ ...SWEEP, epochs: 1000, seeds: [1] }, async (folder, results) => {
      for (const [signal, code, last] of [
        ["SIGTERM", 143, /stopped; finished epochs are kept/],
        ["SIGUSR2", 0, /ended early: its time is almost up/],
      ] as const) {
        const before = logged(results, /epoch \d+:/g);
        const one = worker(folder);
        await untilLogged(results, /epoch \d+:/g, before + 3);
        const start = performance.now();
        one.child.kill(signal);
        const ended = await one.ended;
        assert.ok(performance.now() - start < 60_000, "it waited for more than one epoch");
        assert.equal(ended.code, code, ended.output + ended.errors);
        assert.match(ended.output, last);
        assert.deepEqual(locksIn(results), []);
        assert.deepEqual(signsIn(results).running.size, 0);
      }
      assert.match(logOf(results, "plain/seed-1"), /starts on[\s\S]*continues after epoch/);
    }));

  it("begins no run of which it could not finish an epoch before it will be ended", () =>
    inLeftSweep({ ...SWEEP, epochs: 1, images: 20_000 }, async (folder, results) => {
      // Its time is up after the first run, which it begins in any case.
      const { code, output } = await start(folder, "worker", RESULTS, "--time", "1").ended;
      assert.equal(code, 0, output);
      assert.match(output, /seed-\d finished\nended early: its time is almost up/);
      assert.deepEqual([signsIn(results).finished.size, signsIn(results).running.size], [1, 0]);
    }));

  it("leaves its run to a worker that has taken it over, and takes another", () =>
    inLeftSweep({ ...SWEEP, epochs: 2000 }, async (folder, results) => {
      const one = worker(folder);
      await one.until(/ (starts|continues)/);
      // The killed command may have begun a run, which then comes last.
      const [first, second] = one.output().includes("seed-1 ") ? ["seed-1", "seed-2"] : ["seed-2", "seed-1"];
      const lock = join(results, "plain", first, ".lock");
      const { id } = JSON.parse(readFileSync(lock, "utf8"));
      const successor = { pid: 1, host: "elsewhere", started: "", id: "successor" };
      writeFileSync(`${lock}.after-${id}`, JSON.stringify(successor));
      // It looks every 15 seconds.
      await one.until(
        new RegExp(`${first} has been taken over by another worker[\\s\\S]*${second} (starts|continues)`),
      );
      const epochs = () => readFileSync(join(results, "plain", first, "epochs.csv"), "utf8");
      const then = epochs();
      await sleep(1000);
      assert.equal(epochs(), then, "its process that trains has ended");
      assert.ok(existsSync(lock), "the locks of its successor are left alone");
      await one.killGroup();
    }));

  it("gives up a run of which three workers in a row have not finished an epoch", () =>
    inLeftSweep(
      { ...SWEEP, seeds: [1], training: { batchSize: 1 }, images: 20_000 },
      async (folder, results) => {
        for (let attempt = 1; attempt <= 3; attempt++) {
          const one = worker(folder);
          await one.until(/plain\/seed-1 starts/);
          await untilLogged(results, /starts on/g, attempt);
          await one.killGroup();
        }
        const { code, output } = await worker(folder).ended;
        assert.equal(code, 0, output);
        const [fingerprint] = signsIn(results).failed;
        const sign = readFileSync(join(results, ".work", "signs", `${fingerprint}.failed.json`), "utf8");
        assert.match(
          sign,
          /3 workers in a row ended before they had finished epoch 1 of it; the last was process \d+/,
        );
        const { output: shown } = await start(folder, "status", RESULTS).ended;
        assert.match(shown, /0 of 1 runs finished, 1 failed\n\nfailed: plain\/seed-1: 3 workers in a row/);
      },
    ));

  it("has nothing to do without orders, and refuses damaged ones", () =>
    inLeftSweep({ ...SWEEP, seeds: [1] }, async (folder, results) => {
      const orders = join(results, ".work", "orders.json");
      writeFileSync(orders, readFileSync(orders, "utf8").replace("plain/seed-1", "../../outside"));
      const refused = await worker(folder).ended;
      assert.equal(refused.code, 2);
      assert.match(refused.errors, /orders\.json is damaged; start the sweep again/);
      rmSync(orders);
      const idle = await worker(folder).ended;
      assert.equal(idle.code, 2);
      assert.match(idle.errors, /has no runs for workers; `squeezebox sweep` plans them/);
      assert.equal((await start(folder, "sweep", "left.yaml").ended).code, 0);
      assert.deepEqual(statuses(results), { "plain/seed-1": "finished" });
    }));

  it("does not train other data than were planned", () =>
    inLeftSweep({ ...SWEEP, seeds: [1] }, async (folder, results) => {
      const orders = join(results, ".work", "orders.json");
      writeFileSync(orders, readFileSync(orders, "utf8").replace('"images":100', '"images":101'));
      const { output } = await worker(folder).ended;
      assert.match(output, /plain\/seed-1 failed: its data are not those that were planned/);
    }));
});
