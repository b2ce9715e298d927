import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { loadDataset } from "../../src/data/dataset.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { runFolder } from "../../src/records/run-folder.js";
import type { Launcher } from "../../src/sweep/launch/launcher.js";
import { localLauncher } from "../../src/sweep/launch/local.js";
import { expandFile } from "../../src/sweep/load-sweep.js";
import { runSweep } from "../../src/sweep/run-sweep.js";
import type { SweepWatcher } from "../../src/sweep/sweep-options.js";
import { needsReader } from "../../src/sweep/work/needs.js";
import { type Orders, readOrders } from "../../src/sweep/work/orders.js";
import { signsOf } from "../../src/sweep/work/signs.js";
import { type Taken, takeNext } from "../../src/sweep/work/take.js";
import { trainRun } from "../../src/training/train-run.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { filesIn, reproducible, statuses } from "./results.js";
import { type SweepText, start, writeSweepFile } from "./run-cli.js";

const SWEEP: SweepText = {
  name: "launched",
  variants: [{ name: "plain" }, { name: "se", set: { "network.se": { r: 2 } } }, { name: "same" }],
  seeds: [1, 2],
  epochs: 2,
};
const SILENT: SweepWatcher = { planned() {}, preparing() {}, started() {}, progressed() {}, ended() {} };

async function sweepWith(launcher: Launcher, folder: string, signal = new AbortController().signal) {
  writeSweepFile(folder, SWEEP);
  const file = join(folder, "launched.yaml");
  const results = join(folder, "runs", "launched");
  const end = await runSweep(await expandFile(file, { set: [], quick: false }, () => {}), {
    ...{
      backend: "auto",
      device: "cpu",
      threads: 1,
      tensorboard: false,
      predictions: true,
      loaders: 0,
      signal,
      watcher: SILENT,
      launcher,
    },
    root: join(folder, "runs"),
    folder: results,
    text: readFileSync(file, "utf8"),
  });
  return { end, results };
}

/** Workers in this process that do the same with every run. */
function ownWorkers(workers: number, train: (taken: Taken, folder: string) => Promise<void>): Launcher {
  let running = 0;
  const work = async (folder: string) => {
    const readNeeds = needsReader(folder);
    running++;
    for (;;) {
      const orders = readOrders(folder);
      const taken = orders && takeNext(folder, orders, { worker: "test", readNeeds });
      if (!taken || taken === "held") break;
      await train(taken, folder);
      taken.lock.release();
    }
    running--;
  };
  return {
    workers,
    isAttached: true,
    mostStarts: 100,
    start: async (folder, more) => {
      for (let started = 0; started < more; started++) void work(folder);
    },
    state: async () => ({ waiting: 0, running, why: "" }),
    stop: async () => {},
    lastWords: () => "",
  };
}

describe("a launcher", function () {
  this.timeout(180_000);

  it("is all that decides where runs are trained: the results are the same", async () => {
    const resultsOf = (launcher: Launcher) =>
      inTemporaryFolder(async (folder) => {
        const { end, results } = await sweepWith(launcher, folder);
        assert.deepEqual([end.finished, end.failed, end.interrupted], [6, [], false]);
        return reproducible(results);
      });
    const started: string[] = [];
    const inThisProcess = ownWorkers(1, async ({ order, path }, folder) => {
      started.push(order.name);
      const { how } = readOrders(folder) as Orders;
      const dataset = await loadDataset(order.experiment.dataset);
      const graph = buildNetwork(order.experiment.network, dataset);
      await trainRun({ ...how, ...order, graph, dataset, folder: runFolder(path), onProgress: () => {} });
      signsOf(folder, order.fingerprint).finished();
    });
    const expected = await resultsOf(localLauncher(2, []));
    assert.deepEqual(await resultsOf(inThisProcess), expected);
    assert.equal(started.length, 4, "runs that are the same are started once");
  });

  it("shows one GPU to each process", () =>
    inTemporaryFolder(async (folder) => {
      const { results } = await sweepWith(localLauncher(2, ["GPU-a", "GPU-b"]), folder);
      const seen = filesIn(results)
        .filter((name) => name.endsWith("environment.json"))
        .map((name) => JSON.parse(readFileSync(join(results, name), "utf8")).visibleGpus);
      assert.deepEqual(new Set(seen), new Set(["GPU-a", "GPU-b"]));
    }));

  it("shows those GPUs that the command line names, to as many processes as it asks for", () =>
    inTemporaryFolder(async (folder) => {
      writeSweepFile(folder, SWEEP);
      const words = ["sweep", "launched.yaml", "--gpus"];
      const { code, errors, output } = await start(folder, ...words, "3,5", "--jobs-per-gpu", "2").ended;
      assert.equal(code, 0, output + errors);
      const results = join(folder, "runs", "launched");
      const seen = filesIn(results)
        .filter((name) => name.endsWith("environment.json"))
        .map((name) => JSON.parse(readFileSync(join(results, name), "utf8")).visibleGpus as string);
      // Six runs, of which two are copies.
      assert.deepEqual(
        seen.sort().filter((gpu, index) => seen[index - 1] !== gpu),
        ["3", "5"],
      );
      for (const wrong of ["3,3", "3,x", ""]) {
        const refused = await start(folder, ...words, wrong).ended;
        assert.equal(refused.code, 2);
        assert.match(refused.errors, /--gpus must be numbers of GPUs, such as 0,1, or all; found/);
      }
    }));

  it("is asked for as many workers as it may have, and no more", () =>
    inTemporaryFolder(async (folder) => {
      let [running, most] = [0, 0];
      const slow = ownWorkers(3, async ({ order }, sweepFolder) => {
        running++;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
        signsOf(sweepFolder, order.fingerprint).failed({ worker: "test", reason: "no reason" });
      });
      const { end, results } = await sweepWith(slow, folder);
      assert.equal(most, 3);
      assert.equal(end.failed.length, 6);
      assert.equal(end.failed[0]?.reason, "no reason");
      assert.deepEqual(new Set(Object.values(statuses(results))), new Set(["failed"]));
      assert.ok(!existsSync(join(results, ".work")), "nothing is left to be done");
    }));

  it("is told to stop, and what its workers have not finished stays pending", () =>
    inTemporaryFolder(async (folder) => {
      const abort = new AbortController();
      const endless = ownWorkers(1, async () => {
        setImmediate(() => abort.abort());
        await new Promise(() => {});
      });
      const { end, results } = await sweepWith(endless, folder, abort.signal);
      assert.deepEqual([end.finished, end.failed, end.interrupted], [0, [], true]);
      assert.deepEqual(new Set(Object.values(statuses(results))), new Set(["pending"]));
    }));

  it("whose workers keep ending early is not asked for ever more of them", () =>
    inTemporaryFolder(async (folder) => {
      const lazy: Launcher = { ...ownWorkers(2, async () => {}), start: async () => {}, mostStarts: 1 };
      await assert.rejects(sweepWith(lazy, folder), /workers ended 2 times although there are runs left/);
    }));
});
