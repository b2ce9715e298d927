// What is done with a finished run, for every gate in every placement, and as a step of modules.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "mocha";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { exportLayersModel, exportOnnx } from "../../src/analysis/export-run.js";
import { type GateParts, gateActivations, gatesOf } from "../../src/analysis/gate-activations.js";
import { pixelModel } from "../../src/analysis/portable-model.js";
import { useTraceBackend } from "../../src/compile/trace/trace.js";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import { loadDataset } from "../../src/data/dataset.js";
import { createCompiledEngine } from "../../src/engine/compiled-engine.js";
import { initialState } from "../../src/model/initial-values.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { complexityOf } from "../../src/network/complexity.js";
import { canScale, matchCost } from "../../src/network/match-cost.js";
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
  "{ type: srm }": 1,
  "{ type: gc, r: 4 }": 0,
  "{ type: gc, r: 4, fuse: scale }": 1,
  "{ type: fca, r: 4, frequencies: 4 }": 1,
  "{ type: lct, groups: 2 }": 1,
  "{ type: triplet }": 0,
  "{ type: polarized }": 1,
  "{ type: polarized, layout: sequential }": 1,
  "{ type: constant }": 0,
  "{ type: random }": 0,
  "{ type: shuffled-se, r: 4 }": 1,
};
/** Gates that replace a convolution, and so have no placement, with their number of branches. */
const BRANCH_GATES: Readonly<Record<string, number>> = {
  "{ type: sk }": 2,
  "{ type: sk, split: true, branches: 4 }": 4,
  "{ type: split-attention }": 2,
  "{ type: psa, r: 2 }": 4,
};
const PLACEMENTS = ["standard", "pre", "post", "identity", "inner"];

const DATASET = "{ name: synthetic, size: 6, channels: 3, classes: 3, images: 8, test: 10, validation: 4 }";

async function check(network: string, factors: number): Promise<void> {
  const yaml = parseSource(`name: e\ndataset: ${DATASET}\nnetwork: ${network}`, "e.yaml");
  const checked = checkExperiment(longForm(yaml), ".");
  assert.ok(checked.ok, JSON.stringify(checked));
  const { network: spec, dataset: description } = checked.value;
  const dataset = await loadDataset(description);
  const graph = buildNetwork(spec, dataset);
  assert.equal(gatesOf(graph).length, factors);
  useTraceBackend();
  const weights = initialState(graph, 1);
  if (factors > 0) await checkGates({ graph, weights, dataset });
  const { shape, classNames, fingerprint } = dataset;
  const normalisation = { mean: [100, 110, 120], deviation: [50, 60, 70] };
  const data = {
    fingerprint,
    shape,
    classNames,
    normalisation,
    images: { train: 8, validation: 4, test: 10 },
  };
  const source = { run: "e", fingerprint, test_error: 0, test_loss: 0 };
  const model = pixelModel({ graph, weights, data, source, transforms: [] });
  await inTemporaryFolder(async (folder) => {
    exportOnnx(model, folder, { batch: null });
    const session = await InferenceSession.create(join(folder, "model.onnx"));
    assert.deepEqual([session.inputNames, session.outputNames], [["images"], ["logits", "probabilities"]]);
    const logitsOf = async (first: number, count: number) => {
      const size = 6 * 6 * 3;
      const pixels = PIXELS.slice(first * size, (first + count) * size);
      const { logits } = await session.run({ images: new Tensor("float32", pixels, [count, 6, 6, 3]) });
      return Array.from(logits?.data as Float32Array);
    };
    const together = await logitsOf(0, BATCH);
    assert.ok(together.length === BATCH * 3 && together.every(Number.isFinite));
    // The placebo looks at the next image of the batch.
    if (!network.includes("shuffled")) {
      const apart = [...(await logitsOf(0, 1)), ...(await logitsOf(1, 4)), ...(await logitsOf(5, 5))];
      for (const [index, value] of apart.entries())
        assert.ok(Math.abs(value - (together[index] as number)) < 1e-4, `${value}, ${together[index]}`);
    }
    await session.release();
    assert.ok((await exportLayersModel(model, join(folder, "tfjs"))).files.length >= 3);
  });
  if (!canScale(spec, "width")) return;
  const params = complexityOf(graph).params.trainable;
  const matched = matchCost(spec, dataset, { cost: "params", target: 2 * params, by: "width" });
  // The widths of a pyramid are far apart.
  const within = network.includes("psa") ? 1 : 0.25;
  assert.ok(matched && Math.abs(matched.ratio - 1) < within, `${matched?.ratio}`);
}

function asStep(gate: string, factors: number): Promise<void> {
  const steps = `[{ residual: { branch: [{ conv: { filters: 16 } }, { attention: ${gate} }] } }, { conv: { filters: 8 } }]`;
  return check(`{ stem: { filters: 16 }, stages: [{ modules: ${steps} }] }`, factors);
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

const BATCH = 10;
const PIXELS = Float32Array.from({ length: BATCH * 6 * 6 * 3 }, (_, index) => (index * 37) % 256);

describe("excite, export and match of every gate", function () {
  this.timeout(180_000);
  for (const [gate, factors] of Object.entries(GATES)) {
    it(`${gate} in every placement`, async () => {
      for (const placement of PLACEMENTS) {
        const placed = gate.replace(" }", `, placement: ${placement} }`);
        const blocks = "stages: [{ block: basic, filters: 8 }]";
        await check(`{ stem: { filters: 8 }, ${blocks}, attention: ${placed} }`, factors);
      }
    });
    it(`${gate} as a step`, () => asStep(gate, factors));
  }
  for (const [gate, factors] of Object.entries(BRANCH_GATES)) {
    it(`${gate} in blocks`, async () => {
      const stage = (keys: string) =>
        check(`{ stem: { filters: 16 }, stages: [{ ${keys} }], attention: ${gate} }`, factors);
      await stage("block: basic, filters: 16");
      await stage("block: bottleneck, filters: 16, stride: 2");
      await stage("block: preact-basic, filters: 16");
      if (!/split-attention|psa/.test(gate))
        await stage("block: inverted-bottleneck, filters: 16, expansion: 1");
    });
    it(`${gate} as a step`, () => asStep(gate, factors));
  }
});
