import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { describe, it } from "mocha";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { DatasetSpec } from "../../src/config/experiment.js";
import { inOrder, takeBatch } from "../../src/data/batches.js";
import { loadDataset } from "../../src/data/dataset.js";
import { MetricsSum } from "../../src/training/metrics.js";
import { CHROMIUM, inBrowser, withServer } from "../browser.js";
import { inTemporaryFolder } from "../temporary-folder.js";

tf.enableProdMode();

const CLI = resolve("dist/src/cli.js");
const DATASET: DatasetSpec = {
  name: "synthetic",
  size: 8,
  channels: 3,
  classes: 4,
  images: 96,
  test: 40,
  validation: 32,
};
const EXPERIMENT = `
name: exported
dataset: ${JSON.stringify(DATASET)}
network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 16, stride: 2 }], se: { r: 4 }, head: { dropout: 0.1 } }
training: { epochs: 2, batchSize: 32, select: validation }
`;

/** Trains, exports, and gives test loss and error of the run and of the exported model's logits. */
async function check(
  format: "tfjs" | "onnx",
  logitsOf: (run: string, images: Float32Array, count: number) => Promise<Float32Array>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, "e.yaml"), EXPERIMENT);
    const squeezebox = (...words: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...words, "--json"], {
        cwd: folder,
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout) as Record<string, number>;
    };
    const result = squeezebox("train", "e.yaml");
    const run = join("runs", "exported", "seed-1");
    assert.deepEqual(squeezebox("export", run, "--format", format, "--batch", "40").customLayers, []);
    const { test, classes } = await loadDataset(DATASET);
    const batch = takeBatch(test, { order: inOrder(test.count), start: 0, size: test.count, classes });
    const sum = new MetricsSum();
    sum.add(await logitsOf(join(folder, run), batch.images, test.count), batch.classes, test.count);
    const { loss, error } = sum.mean();
    assert.equal(error, result.test_error);
    assert.ok(Math.abs(loss - (result.test_loss as number)) < 1e-5, `${loss} instead of ${result.test_loss}`);
  });
}

/** Of TensorFlow.js, as it is distributed for browsers. */
const SCRIPTS = ["core", "backend-cpu", "layers"].map(
  (part) => `@tensorflow/tfjs-${part}/dist/tf-${part}.min.js`,
);

/** What somebody who was given the two files would write. */
const IN_PAGE = `async (images, count) => {
  const model = await tf.loadLayersModel("/model.json");
  const logits = model.predict(tf.tensor(images, [count, 8, 8, 3]));
  return Array.from(await logits.data());
}`;

describe("an exported run gives the run's test loss and error again", function () {
  this.timeout(60_000);

  it("as a LayersModel, loaded by stock TensorFlow.js", () =>
    check("tfjs", async (run, images, count) => {
      await tf.setBackend("cpu");
      const { modelTopology, weightsManifest } = JSON.parse(
        readFileSync(join(run, "tfjs", "model.json"), "utf8"),
      );
      const weightData = new Uint8Array(readFileSync(join(run, "tfjs", "weights.bin"))).buffer;
      const weightSpecs = weightsManifest[0].weights;
      const model = await layers.loadLayersModel(
        tf.io.fromMemory({ modelTopology, weightSpecs, weightData }),
      );
      const logits = model.predict(tf.tensor(images, [count, 8, 8, 3])) as tf.Tensor;
      return (await logits.data()) as Float32Array;
    }));

  it("as a LayersModel, in a browser with TensorFlow.js as it is distributed", async function () {
    if (CHROMIUM === null) this.skip();
    await check("tfjs", async (run, images, count) => {
      const files: Record<string, string> = {
        ...Object.fromEntries(SCRIPTS.map((path) => [`/${path}`, join("node_modules", path)])),
        "/model.json": join(run, "tfjs", "model.json"),
        "/weights.bin": join(run, "tfjs", "weights.bin"),
      };
      const html = Buffer.from(
        `<!doctype html><link rel="icon" href="data:,">${SCRIPTS.map((path) => `<script src="/${path}"></script>`).join("")}`,
      );
      const read = (path: string) =>
        path === "/" ? html : files[path] === undefined ? null : readFileSync(files[path]);
      let logits: number[] = [];
      await withServer(read, async (address) => {
        const problems = await inBrowser(async (page) => {
          await page.goto(address);
          logits = (await page.evaluate(
            `(${IN_PAGE})(${JSON.stringify(Array.from(images))}, ${count})`,
          )) as number[];
        });
        assert.deepEqual(problems, []);
      });
      return Float32Array.from(logits);
    });
  });

  it("as ONNX, in ONNX Runtime", () =>
    check("onnx", async (run, images, count) => {
      const session = await InferenceSession.create(join(run, "model.onnx"));
      const [input, output] = [session.inputNames[0] as string, session.outputNames[0] as string];
      const results = await session.run({ [input]: new Tensor("float32", images, [count, 8, 8, 3]) });
      return results[output]?.data as Float32Array;
    }));

  it("and excite measures its gates", () =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, "e.yaml"), EXPERIMENT);
      const squeezebox = (...words: string[]) =>
        spawnSync(process.execPath, [CLI, ...words, "--json"], { cwd: folder, encoding: "utf8" });
      assert.equal(squeezebox("train", "e.yaml").status, 0);
      const { status, stdout, stderr } = squeezebox("excite", join("runs", "exported", "seed-1"));
      assert.equal(status, 0, stderr);
      const { gates, files } = JSON.parse(stdout) as {
        files: string[];
        gates: { gate: string; channels: number; mean: number }[];
      };
      assert.deepEqual(
        gates.map(({ gate, channels }) => [gate, channels]),
        [["stage1.block1.se.gate", 16]],
      );
      assert.ok(gates.every(({ mean }) => mean > 0 && mean < 1));
      assert.ok(files.every((file) => existsSync(join(folder, file))));
      assert.match(readFileSync(join(folder, files[3] as string), "utf8"), /<svg.*stage1\.block1\.se\.gate/s);
    }));
});
