// Epochs of training -> how long they take, and how long the engine waits in them.

import { loadDataset } from "../src/data/dataset.js";
import type { Engine } from "../src/engine/engine.js";
import { selectEngine } from "../src/engine/select-engine.js";
import { networkOf } from "../src/experiment/load-experiment.js";
import { stepwise } from "../src/runtime/program.js";
import { createTrainer } from "../src/training/trainer.js";
import { experimentFrom } from "./experiment.js";

export interface EpochTimes {
  readonly imagesPerSecond: number;
  /** The share of the epoch in which no step runs: waiting for batches, metrics, and whatever else there is. */
  readonly waiting: number;
}

export interface Training {
  epoch(): Promise<EpochTimes>;
  close(): Promise<void>;
}

export async function startTraining(
  parts: Parameters<typeof experimentFrom>[0],
  loaders: number,
): Promise<Training> {
  const checked = experimentFrom(parts);
  const { experiment } = checked;
  const dataset = await loadDataset(experiment.dataset, { loaders, onProgress: () => {} });
  const graph = networkOf(checked, { ...dataset, trainImages: dataset.train.count });
  const engine = await selectEngine({ backend: "compiled", device: "cpu", threads: 1 });
  const { busyMs } = measure(engine);
  const trainer = createTrainer({ experiment, graph, dataset, engine });
  await trainer.initialise();
  await trainer.prepare(dataset.validation);
  let epochs = 0;
  return {
    epoch: async () => {
      const [start, busy] = [performance.now(), busyMs()];
      await trainer.trainEpoch(++epochs, () => {});
      const elapsed = performance.now() - start;
      return {
        imagesPerSecond: dataset.train.count / (elapsed / 1000),
        waiting: 1 - (busyMs() - busy) / elapsed,
      };
    },
    close: async () => {
      dataset.close();
      await engine.dispose();
    },
  };
}

/** Measures how long the programs of an engine run. */
function measure(engine: Engine): { busyMs: () => number } {
  let busy = 0;
  const compile = engine.compile.bind(engine);
  engine.compile = async (step) => {
    const program = await compile(step);
    return stepwise(async (inputs) => {
      const start = performance.now();
      const results = await program.run(inputs);
      busy += performance.now() - start;
      return results;
    });
  };
  return { busyMs: () => busy };
}
