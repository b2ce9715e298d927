// What is done with a finished run, for every gate in every placement, and as a step of modules.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "mocha";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { useTraceBackend } from "../../src/compile/trace.js";
import { checkExperiment } from "../../src/config/experiment.js";
import { parseSource } from "../../src/config/source.js";
import { inOrder, takeBatch } from "../../src/data/batches.js";
import { type Dataset, loadDataset } from "../../src/data/dataset.js";
import { createCompiledEngine } from "../../src/engine/compiled-engine.js";
import { buildModel } from "../../src/model/build-model.js";
import { initialState } from "../../src/model/initial-values.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { complexityOf } from "../../src/network/complexity.js";
import { canScale, matchCost } from "../../src/network/match-cost.js";
import { exportLayersModel, exportOnnx } from "../../src/training/export-run.js";
import { type GateParts, gateActivations, gatesOf } from "../../src/training/gate-activations.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** With the factors by channel that each has. */
const GATES: Readonly<Record<string, number>> = {
  "{ type: se, r: 4 }": 1,
  "{ type: se, squeeze: max, gate: tanh }": 1,
  "{ type: se, squeeze: none }": 0,
  "{ type: eca }": 1,
  "{ type: ese }": 1,
  "{ type: ge }": 1,
  "{ type: ge, parameters: both, r: 4 }": 1,
  "{ type: sse }": 0,
  "{ type: scse }": 1,
  "{ type: cbam, r: 4 }": 1,
  "{ type: bam, r: 4 }": 0,
  "{ type: coordinate }": 0,
  "{ type: gct }": 0,
  "{ type: simam }": 0,
  "{ type: constant }": 0,
  "{ type: random }": 0,
  "{ type: shuffled-se, r: 4 }": 1,
};
const PLACEMENTS = ["standard", "pre", "post", "identity", "inner"];

const DATASET = "{ name: synthetic, size: 6, channels: 3, classes: 3, images: 8, test: 10, validation: 4 }";

async function check(network: string, factors: number): Promise<void> {
  const source = parseSource(`name: e\ndataset: ${DATASET}\nnetwork: ${network}`, "e.yaml");
  const checked = checkExperiment(source, ".");
  assert.ok(checked.ok, JSON.stringify(checked));
  const { network: spec, dataset: description } = checked.value;
  const dataset = await loadDataset(description);
  const graph = buildNetwork(spec, dataset);
  assert.equal(gatesOf(graph).length, factors);
  useTraceBackend();
  const { weights: variables } = buildModel(graph);
  const shapes = new Map(Array.from(variables, ([name, { shape }]) => [name, shape]));
  const weights = initialState(graph, shapes, 1);
  if (factors > 0) await checkGates({ graph, weights, dataset });
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "model.onnx");
    exportOnnx({ graph, weights }, file, dataset.test.count);
    const session = await InferenceSession.create(file);
    const logits = await session.run({ [session.inputNames[0] as string]: imagesOf(dataset) });
    await session.release();
    const numbers = logits[session.outputNames[0] as string]?.data as Float32Array;
    assert.ok(numbers.length === 30 && numbers.every(Number.isFinite));
    assert.equal((await exportLayersModel({ graph, weights }, join(folder, "tfjs"))).length, 2);
  });
  if (!canScale(spec, "width")) return;
  const params = complexityOf(graph).params.trainable;
  const matched = matchCost(spec, dataset, { cost: "params", target: 2 * params, by: "width" });
  assert.ok(matched && Math.abs(matched.ratio - 1) < 0.25, `${matched?.ratio}`);
}

async function checkGates(parts: Omit<GateParts, "engine">): Promise<void> {
  const engine = await createCompiledEngine({ device: "cpu", threads: 1, blocked: true });
  const gates = await gateActivations({ ...parts, engine });
  await engine.dispose();
  assert.deepEqual(
    gates.map(({ gate }) => gate),
    gatesOf(parts.graph),
  );
  for (const { values, changes, errorWithMean } of gates) {
    assert.ok(values.every(Number.isFinite));
    assert.equal(changes.length, parts.dataset.test.count);
    assert.ok(errorWithMean >= 0 && errorWithMean <= 1);
  }
}

function imagesOf({ test, shape, classes }: Dataset): Tensor {
  const { images } = takeBatch(test, { order: inOrder(test.count), start: 0, size: test.count, classes });
  return new Tensor("float32", images, [test.count, shape.height, shape.width, shape.channels]);
}

describe("excite, export and match of every gate", function () {
  this.timeout(60_000);
  for (const [gate, factors] of Object.entries(GATES)) {
    it(`${gate} in every placement`, async () => {
      for (const placement of PLACEMENTS) {
        const placed = gate.replace(" }", `, placement: ${placement} }`);
        const blocks = "stages: [{ block: basic, filters: 8 }]";
        await check(`{ stem: { filters: 8 }, ${blocks}, attention: ${placed} }`, factors);
      }
    });
    it(`${gate} as a step`, () =>
      check(
        `{ stem: { filters: 8 }, stages: [{ modules: [{ residual: { branch: [{ conv: { filters: 8 } }, { attention: ${gate} }] } }, { conv: { filters: 8 } }] }] }`,
        factors,
      ));
  }
});
