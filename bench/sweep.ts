// What a launcher, its locks and signs cost for each run: the same runs trained by a sweep with one worker, and one after the other in
// this process with nothing around them. `npm run bench:sweep`

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadDataset } from "../src/data/dataset.js";
import { formatTable } from "../src/format.js";
import { buildNetwork } from "../src/network/build-network.js";
import { runFolder } from "../src/records/run-folder.js";
import type { ExpandedSweep } from "../src/sweep/expand.js";
import { localLauncher } from "../src/sweep/launch/local.js";
import { expandFile } from "../src/sweep/load-sweep.js";
import { runSweep } from "../src/sweep/run-sweep.js";
import { trainRun } from "../src/training/train-run.js";

const RUNS = 100;
const ROUNDS = 3;
const HOW = {
  backend: "compiled",
  device: "cpu",
  threads: 1,
  tensorboard: false,
  predictions: true,
  loaders: 0,
} as const;
const SWEEP = {
  name: "bench",
  experiment: {
    dataset: { name: "synthetic", size: 8, channels: 3, classes: 4, images: 100, test: 30, validation: 30 },
    network: { stem: { filters: 8 }, stages: [{ block: "basic", filters: 8 }] },
    training: { epochs: 2, batchSize: 32, optimizer: { name: "sgd", learningRate: 0.05 } },
  },
  variants: [{ name: "plain" }],
  seeds: Array.from({ length: RUNS }, (_, index) => index + 1),
};
const WATCHER = { planned() {}, preparing() {}, started() {}, progressed() {}, ended() {} };

async function alone(sweep: ExpandedSweep, folder: string): Promise<void> {
  const [first] = sweep.runs;
  const dataset = await loadDataset((first as ExpandedSweep["runs"][number]).experiment.dataset);
  for (const { name, experiment, fingerprint } of sweep.runs)
    await trainRun({
      ...{ ...HOW, experiment, fingerprint, dataset, graph: buildNetwork(experiment.network, dataset) },
      ...{ folder: runFolder(join(folder, name)), onProgress: () => {} },
    });
}

/** Seconds. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

const folder = mkdtempSync(join(tmpdir(), "squeezebox-bench-"));
try {
  const file = join(folder, "bench.yaml");
  writeFileSync(file, JSON.stringify(SWEEP));
  const sweep = await expandFile(file, { set: [], quick: false }, () => {});
  const text = readFileSync(file, "utf8");
  const rows: string[][] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const root = join(folder, `round-${round}`);
    const without = await timed(() => alone(sweep, join(root, "alone")));
    const launcher = localLauncher(1, []);
    const { signal } = new AbortController();
    const options = {
      ...HOW,
      root: join(root, "swept"),
      folder: join(root, "swept", "bench"),
      text,
      launcher,
      signal,
    };
    const swept = await timed(() => runSweep(sweep, { ...options, watcher: WATCHER }));
    const cost = (1000 * (swept - without)) / RUNS;
    rows.push([...[without, swept].map((seconds) => ((1000 * seconds) / RUNS).toFixed(1)), cost.toFixed(1)]);
  }
  console.log(`${RUNS} runs, one at a time; ms a run`);
  console.log(
    formatTable(["training alone", "as a sweep", "launcher, locks and signs"], rows, { right: [0, 1, 2] }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
