// What a step is fed with when batches are mixed.

import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { epochBatches, takeBatch } from "../../src/data/batches.js";
import { loadDataset } from "../../src/data/dataset.js";
import { drawMix, mixed } from "../../src/data/mix.js";
import { augmentation } from "../../src/data/split.js";
import type { Engine } from "../../src/engine/engine.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { permutation, randomStream } from "../../src/random.js";
import { stepwise, type Values } from "../../src/runtime/program.js";
import { createTrainer } from "../../src/training/trainer.js";
import { ENGINES } from "../engine/both-engines.js";

const EXPERIMENT = `
name: mixing
dataset: { name: synthetic, size: 6, images: 33, validation: 4, test: 4 }
network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }
training: { epochs: 2, batchSize: 8, mixup: { alpha: 0.4 }, cutmix: {} }
seed: 5
`;

describe("a trainer whose batches are mixed", () => {
  it("mixes the batch of each step by a stream of its own, whether the run was resumed or not", async () => {
    const checked = checkExperiment(longForm(parseSource(EXPERIMENT, "mixing.yaml")), ".");
    if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
    const experiment = checked.value;
    const dataset = await loadDataset(experiment.dataset);
    const fedWith = async (epochs: readonly number[]) => {
      const fed: Values[] = [];
      const engine = recording(await ENGINES.plain(), fed);
      const graph = buildNetwork(experiment.network, dataset);
      const trainer = createTrainer({ experiment, graph, dataset, engine });
      await trainer.initialise();
      for (const epoch of epochs) await trainer.trainEpoch(epoch, () => {});
      await engine.dispose();
      return fed.map(({ images, labels }) => ({ images, labels }));
    };
    const { train } = dataset;
    const batches = epochBatches(train.count, experiment.training);
    const expected: { images: Float32Array; labels: Float32Array }[] = [];
    for (const epoch of [1, 2]) {
      const order = permutation(train.count, randomStream("shuffle", 5, epoch));
      for (const [index, range] of batches.entries()) {
        const batch = await takeBatch(train, { ...range, order, classes: 4, draw: augmentation(5, epoch) });
        const random = randomStream("mix", 5, (epoch - 1) * batches.length + index);
        const mix = drawMix(experiment.training, train.shape, random);
        assert.ok(mix !== null);
        const { images, labels } = mixed(batch, mix, train.shape);
        expected.push({ images, labels });
      }
    }
    assert.deepEqual(await fedWith([1, 2]), expected);
    assert.deepEqual(await fedWith([2]), expected.slice(batches.length));
  });
});

/** The same engine, which from now on notes the inputs of its programs. */
function recording(engine: Engine, fed: Values[]): Engine {
  const original = engine.compile.bind(engine);
  const compile: Engine["compile"] = async (step) => {
    const program = await original(step);
    return stepwise((inputs) => {
      fed.push(inputs);
      return program.run(inputs);
    });
  };
  return Object.assign(engine, { compile });
}
