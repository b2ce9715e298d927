import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseSource } from "../../src/config/source.js";
import { loadDataset } from "../../src/data/dataset.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { DivergedError } from "../../src/training/failed-run.js";
import type { StepProgress } from "../../src/training/train-epoch.js";
import { createTrainer } from "../../src/training/trainer.js";
import { ENGINES } from "../engine/both-engines.js";
import { experimentOf } from "../engine/whole-network.js";

const EXPERIMENT = `
name: joined
dataset: { name: synthetic, size: 6, images: 45, validation: 4, test: 4 }
network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }], head: { dropout: 0.3 } }
training: { epochs: 2, batchSize: 2, accumulate: 1, ema: 0.9, mixup: { alpha: 0.4 } }
`;

/** Trains for two epochs. `calls`: the number of steps of each. */
async function trained(name: "plain" | "as for CUDA", text: string) {
  const experiment = experimentOf(parseSource(text, "joined.yaml"));
  const dataset = await loadDataset(experiment.dataset);
  const engine = await ENGINES[name]();
  const calls: number[] = [];
  const compile = engine.compile.bind(engine);
  engine.compile = async (step) => {
    const program = await compile(step);
    const runEach = (steps: Parameters<typeof program.runEach>[0]) => {
      calls.push(steps.length);
      return program.runEach(steps);
    };
    return { ...program, runEach };
  };
  const graph = buildNetwork(experiment.network, dataset);
  const trainer = createTrainer({ experiment, graph, dataset, engine });
  const progress: StepProgress[] = [];
  try {
    await trainer.initialise();
    const epochs = [];
    for (const epoch of [1, 2])
      epochs.push(await trainer.trainEpoch(epoch, (step) => void progress.push(step)));
    return { calls, outcome: { epochs, progress, state: await engine.readState() } };
  } finally {
    await engine.dispose();
  }
}

describe("training with several steps in a call", () => {
  for (const accumulate of [1, 3])
    it(`has the same numbers and the same progress (accumulate: ${accumulate})`, async () => {
      const text = EXPERIMENT.replace("accumulate: 1", `accumulate: ${accumulate}`);
      const expected = await trained("plain", text);
      const found = await trained("as for CUDA", text);
      assert.deepEqual(found.outcome, expected.outcome);
      assert.deepEqual(new Set(expected.calls), new Set([1]));
      assert.ok(Math.max(...found.calls) > 1, `${found.calls}`);
    });

  it("names the step at which it has diverged, which is not the last of its call", async () => {
    const text = EXPERIMENT.replace("accumulate: 1", "optimizer: { name: sgd, learningRate: 1000 }");
    const messageOf = (name: "plain" | "as for CUDA") =>
      trained(name, text).then(
        () => assert.fail("it did not diverge"),
        (error: unknown) => {
          assert.ok(error instanceof DivergedError, String(error));
          return error.message;
        },
      );
    const message = await messageOf("plain");
    const step = Number(/became NaN at step (\d+) /.exec(message)?.[1]);
    // Steps 5 to 8 are the first call of four.
    assert.ok(step >= 5 && step < 8, message);
    assert.equal(await messageOf("as for CUDA"), message);
  });
});
