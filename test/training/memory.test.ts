import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { loadDataset } from "../../src/data/dataset.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { findTensorFlow, isFound } from "../../src/runtime/find-tensorflow.js";
import { createTrainer } from "../../src/training/trainer.js";
import { ENGINES } from "../engine/both-engines.js";

const EXPERIMENT = `
name: memory
dataset: { name: synthetic, size: 16, images: 480, validation: 64 }
network:
  stem: { filters: 16 }
  stages: [{ block: basic, filters: 16 }]
  se: { r: 4 }
  head: { dropout: 0.2 }
training: { batchSize: 32 }
`;

const MEGABYTE = 1 << 20;

describe("memory", function () {
  this.timeout(180_000);

  for (const name of ["blocked", "as for CUDA", "graph"] as const)
    it(`does not grow from epoch to epoch (${name})`, async function () {
      if (name === "graph" && !isFound(findTensorFlow({ threads: 1 }))) return this.skip();
      const checked = checkExperiment(longForm(parseSource(EXPERIMENT, "memory.yaml")), ".");
      if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
      const experiment = checked.value;
      const dataset = await loadDataset(experiment.dataset);
      const engine = await ENGINES[name]();
      const graph = buildNetwork(experiment.network, dataset);
      const trainer = createTrainer({ experiment, graph, dataset, engine });
      await trainer.initialise();
      const resident: number[] = [];
      for (let epoch = 1; epoch <= 24; epoch++) {
        await trainer.trainEpoch(epoch, () => {});
        await trainer.evaluate(dataset.validation);
        await engine.readState();
        resident.push(process.memoryUsage.rss());
      }
      const highest = (from: number, to: number) => Math.max(...resident.slice(from, to));
      // One batch a step kept would be 24 x 15 x 96 kB, 34 MB.
      assert.ok(
        highest(16, 24) - highest(8, 16) < 8 * MEGABYTE,
        resident.map((bytes) => Math.round(bytes / MEGABYTE)).join(" "),
      );
      await engine.dispose();
    });
});
