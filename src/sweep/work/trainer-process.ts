// The process that trains the runs of a worker, one after the other. The worker holds the locks, and this process ends with it.

import { constants } from "node:os";
import { canonical } from "../../canonical.js";
import { type Dataset, loadDataset } from "../../data/dataset.js";
import { InputError } from "../../diagnostic.js";
import { fingerprintOf } from "../../experiment/fingerprint.js";
import { buildNetwork } from "../../network/build-network.js";
import { runFolder } from "../../records/run-folder.js";
import type { RunState } from "../../records/run-status.js";
import { trainRun } from "../../training/train-run.js";
import type { RunReport, TrainOrder } from "./trainer-protocol.js";

const REPORT_EVERY_MS = 100;

const WORKER = process.ppid;
let loaded: { readonly key: string; readonly dataset: Dataset } | null = null;

// Ctrl-C and the signals of a cluster reach the whole process group; the worker decides what happens to its runs.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"] as const)
  if (signal in constants.signals) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
process.on("message", (order: TrainOrder) => {
  train(order).then(
    () => report({ status: "finished", reason: "" }),
    (error: unknown) =>
      report({ status: "failed", reason: error instanceof Error ? error.message : String(error) }),
  );
});

async function train({ folder, fingerprint, ...order }: TrainOrder): Promise<void> {
  const dataset = await datasetFor(order);
  const { experiment } = order;
  const graph = buildNetwork(experiment.network, dataset);
  if (fingerprintOf(experiment, graph, dataset.fingerprint) !== fingerprint)
    throw new InputError("its data are not those that were planned; start the sweep again");
  let last = 0;
  await trainRun({
    ...{ ...order, fingerprint, graph, dataset },
    folder: runFolder(folder),
    onProgress: (progress) => {
      const now = performance.now();
      if (now - last < REPORT_EVERY_MS && progress.step < progress.steps) return;
      last = now;
      send({ kind: "progress", progress });
    },
    beforeWriting: endWithWorker,
  });
}

/** Runs with the same data follow one another, as do the variants of a seed. */
async function datasetFor({
  experiment,
  loaders,
}: Pick<TrainOrder, "experiment" | "loaders">): Promise<Dataset> {
  const key = canonical([experiment.dataset, loaders]);
  if (loaded?.key === key) return loaded.dataset;
  loaded?.dataset.close();
  loaded = null;
  const dataset = await loadDataset(experiment.dataset, { loaders, onProgress: () => {} });
  loaded = { key, dataset };
  return dataset;
}

/** The worker may have been killed during a step, and its successor may be writing to the same folder. */
function endWithWorker(): void {
  if (process.ppid !== WORKER) process.exit();
}

function report(state: RunState): void {
  send({ kind: "ended", state });
}

function send(message: RunReport): void {
  process.send?.(message);
}
