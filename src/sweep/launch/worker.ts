// The process of one run: it receives an order, trains, reports the outcome and exits.

import { setTimeout as sleep } from "node:timers/promises";
import { loadDataset } from "../../data/dataset.js";
import { buildNetwork } from "../../network/build-network.js";
import { heldBy, isHere, isLock, type Lock, lockFolder } from "../../records/lock.js";
import { removeRunLeftovers, runFolder } from "../../records/run-folder.js";
import type { RunState } from "../../records/run-status.js";
import { trainRun } from "../../training/train-run.js";
import type { RunOrder } from "./launcher.js";
import type { RunReport } from "./worker-protocol.js";

const REPORT_EVERY_MS = 100;
const LOCK_PATIENCE_MS = 60_000;

// Ctrl-C reaches the whole process group; the scheduler decides what happens to its runs.
process.on("SIGINT", () => {});
// The scheduler has gone, so there is nothing to report to.
process.on("disconnect", () => process.exit(1));
process.once("message", (order: RunOrder) => {
  work(order).then(
    () => end({ status: "finished", reason: "" }, 0),
    (error: unknown) =>
      end({ status: "failed", reason: error instanceof Error ? error.message : String(error) }, 1),
  );
});

async function work({ folder: path, ...order }: RunOrder): Promise<void> {
  const lock = await waitForLock(path);
  try {
    removeRunLeftovers(runFolder(path));
    const dataset = await loadDataset(order.experiment.dataset, {
      loaders: order.loaders,
      onProgress: () => {},
    });
    const graph = buildNetwork(order.experiment.network, dataset);
    let last = 0;
    const training = trainRun({
      ...order,
      graph,
      dataset,
      folder: runFolder(path),
      onProgress: (progress) => {
        const now = performance.now();
        if (now - last < REPORT_EVERY_MS && progress.step < progress.steps) return;
        last = now;
        process.send?.({ kind: "progress", progress } satisfies RunReport);
      },
    });
    await training.finally(dataset.close);
  } finally {
    lock.release();
  }
}

/** If an earlier scheduler was killed, its run may still hold the lock until its last step ends. */
async function waitForLock(path: string): Promise<Lock> {
  for (let waited = 0; ; waited += REPORT_EVERY_MS) {
    const result = lockFolder(path);
    if (isLock(result)) return result;
    if (waited >= LOCK_PATIENCE_MS || !isHere(result)) throw new Error(heldBy(path, result));
    await sleep(REPORT_EVERY_MS);
  }
}

function end(state: RunState, exitCode: number): void {
  process.send?.({ kind: "ended", state } satisfies RunReport, () => process.exit(exitCode));
}
