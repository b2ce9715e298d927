import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { loadDataset } from "../../src/data/dataset.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { runFolder } from "../../src/records/run-folder.js";
import type { Launcher, RunOrder } from "../../src/sweep/launch/launcher.js";
import { localLauncher } from "../../src/sweep/launch/local.js";
import { expandFile } from "../../src/sweep/load-sweep.js";
import { runLockedSweep } from "../../src/sweep/run-locked.js";
import type { SweepWatcher } from "../../src/sweep/run-sweep.js";
import { trainRun } from "../../src/training/train-run.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { filesIn, reproducible, statuses } from "./results.js";
import { type SweepText, writeSweepFile } from "./run-cli.js";

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
  const end = await runLockedSweep(await expandFile(file, { set: [], quick: false }, () => {}), {
    ...{
      backend: "auto",
      device: "cpu",
      threads: 1,
      tensorboard: false,
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

/** Trains in this process, one run after the other. */
function ownProcess(started: RunOrder[] = []): Launcher {
  return {
    slots: 1,
    start: async (order, onProgress) => {
      started.push(order);
      const dataset = await loadDataset(order.experiment.dataset);
      const graph = buildNetwork(order.experiment.network, dataset);
      await trainRun({ ...order, graph, dataset, folder: runFolder(order.folder), onProgress });
      return { status: "finished", reason: "" };
    },
    stop: () => {},
  };
}

describe("a launcher", function () {
  this.timeout(60_000);

  it("is all that decides where runs are trained: the results are the same", async () => {
    const resultsOf = (launcher: Launcher) =>
      inTemporaryFolder(async (folder) => {
        const { end, results } = await sweepWith(launcher, folder);
        assert.deepEqual(end, { finished: 6, failed: [], interrupted: false });
        return reproducible(results);
      });
    const started: RunOrder[] = [];
    const expected = await resultsOf(localLauncher(2, []));
    assert.deepEqual(await resultsOf(ownProcess(started)), expected);
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

  it("is never given more runs at a time than it has slots", () =>
    inTemporaryFolder(async (folder) => {
      let [running, most] = [0, 0];
      const slow: Launcher = {
        slots: 3,
        start: async () => {
          running++;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 20));
          running--;
          return { status: "failed", reason: "no reason" };
        },
        stop: () => {},
      };
      const { end, results } = await sweepWith(slow, folder);
      assert.equal(most, 3);
      assert.equal(end.failed.length, 6);
      assert.deepEqual(new Set(Object.values(statuses(results))), new Set(["failed"]));
    }));

  it("is told to stop, and what it has not finished stays pending", () =>
    inTemporaryFolder(async (folder) => {
      const abort = new AbortController();
      let stop = () => {};
      const endless: Launcher = {
        slots: 1,
        start: () =>
          new Promise((resolve) => {
            stop = () => resolve({ status: "pending", reason: "" });
            setImmediate(() => abort.abort());
          }),
        stop: () => stop(),
      };
      const { end, results } = await sweepWith(endless, folder, abort.signal);
      assert.deepEqual(end, { finished: 0, failed: [], interrupted: true });
      assert.deepEqual(new Set(Object.values(statuses(results))), new Set(["pending"]));
    }));
});
