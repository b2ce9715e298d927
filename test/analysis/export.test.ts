import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { describe, it } from "mocha";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ElementHandle } from "puppeteer-core";
import { takeBatch } from "../../src/data/batches.js";
import { loadDataset } from "../../src/data/dataset.js";
import { loadMnistDigits } from "../../src/data/sources/mnist.js";
import { FIXED, type Split } from "../../src/data/split.js";
import { MetricsSum } from "../../src/training/metrics.js";
import { CHROMIUM, inBrowser, withServer } from "../browser.js";
import { datasetSpec, inMemory } from "../data/read-split.js";
import { squeezeboxIn } from "../squeezebox-in.js";
import { inTemporaryFolder } from "../temporary-folder.js";

tf.enableProdMode();

const CLI = resolve("dist/src/cli.js");
const centre = { centerCrop: { size: 8 } };
const DATASET = datasetSpec({
  name: "synthetic",
  size: 10,
  channels: 3,
  classes: 4,
  images: 96,
  test: 40,
  validation: 32,
  transforms: { train: [{ randomCrop: { size: 8, padding: 0, fill: 0 } }], test: [centre] },
});
const EXPERIMENT = `
name: exported
dataset: ${JSON.stringify(DATASET)}
network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 16, stride: 2 }], se: { r: 4 }, head: { dropout: 0.1 } }
training: { epochs: 2, batchSize: 32, select: validation }
`;

interface Exported {
  readonly folder: string;
  /** Pixels from 0 to 255 of the test images, [count, 8, 8, 3]. */
  readonly pixels: Float32Array;
  readonly count: number;
}

/** Trains and exports, and checks that the exported model's logits for pixels have the run's test loss and error. */
async function check(
  format: "tfjs" | "onnx",
  logitsOf: (exported: Exported) => Promise<Float32Array>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, "e.yaml"), EXPERIMENT);
    const squeezebox = squeezeboxIn(folder);
    const result = squeezebox("train", "e.yaml");
    const run = join("runs", "exported", "seed-1");
    assert.deepEqual(squeezebox("export", run, "--format", format).customLayers, []);
    const dataset = await loadDataset(DATASET);
    const { test, classes, normalisation } = dataset;
    const batch = await wholeSplit(test, classes);
    const { mean, deviation } = normalisation;
    const pixels = batch.images.map((value, index) =>
      Math.round(value * (deviation[index % 3] as number) + (mean[index % 3] as number)),
    );
    const exported = { folder: join(folder, run, format), pixels, count: test.count };
    checkAgreement(await logitsOf(exported), { labels: batch.classes, result });
    const metadata = JSON.parse(readFileSync(join(exported.folder, "metadata.json"), "utf8"));
    assert.deepEqual(metadata.normalisation, { mean: [...mean], deviation: [...deviation], included: true });
    assert.deepEqual(metadata.classes, ["0", "1", "2", "3"]);
    assert.deepEqual(metadata.input, {
      name: "images",
      layout: "NHWC",
      shape: [null, 8, 8, 3],
      type: "float32",
      values: "pixels from 0 to 255",
      transforms: [centre],
    });
    assert.equal(metadata.source.run, "runs/exported/seed-1");
    assert.equal(metadata.source.test_error, result.test_error);
  });
}

function checkAgreement(
  logits: Float32Array,
  { labels, result }: { labels: Uint16Array; result: Record<string, unknown> },
): void {
  const sum = new MetricsSum();
  sum.add(logits, labels, labels.length);
  const { loss, error } = sum.mean();
  assert.equal(error, result.test_error);
  assert.ok(Math.abs(loss - (result.test_loss as number)) < 1e-5, `${loss} instead of ${result.test_loss}`);
}

/** The code that a user of the files would write. */
const IN_PAGE = `async (pixels, count) => {
  const model = await tf.loadLayersModel("/model.json");
  const logits = model.predict(tf.tensor(pixels, [count, 8, 8, 3]));
  return Array.from(await logits.data());
}`;

/** All images of a split as one batch, in their order. */
function wholeSplit(split: Split, classes: number) {
  const order = Uint32Array.from({ length: split.count }, (_, index) => index);
  return takeBatch(split, { order, start: 0, size: split.count, classes, draw: FIXED });
}

/** Reads files from the exported folder like a web server. */
function readerOf(folder: string): (path: string) => Uint8Array | null {
  return (path) => {
    const file = join(folder, path === "/" ? "index.html" : path);
    return existsSync(file) ? readFileSync(file) : null;
  };
}

describe("an exported run reproduces the run's test loss and error", function () {
  this.timeout(180_000);

  it("as a LayersModel loaded by stock TensorFlow.js", () =>
    check("tfjs", async ({ folder, pixels, count }) => {
      await tf.setBackend("cpu");
      const { modelTopology, weightsManifest, userDefinedMetadata } = JSON.parse(
        readFileSync(join(folder, "model.json"), "utf8"),
      );
      assert.deepEqual(userDefinedMetadata.classes, ["0", "1", "2", "3"]);
      const weightData = new Uint8Array(readFileSync(join(folder, "weights.bin"))).buffer;
      const weightSpecs = weightsManifest[0].weights;
      const model = await layers.loadLayersModel(
        tf.io.fromMemory({ modelTopology, weightSpecs, weightData }),
      );
      const logits = model.predict(tf.tensor(pixels, [count, 8, 8, 3])) as tf.Tensor;
      return (await logits.data()) as Float32Array;
    }));

  it("as a LayersModel in a browser, on the exported page", async function () {
    if (CHROMIUM === null) this.skip();
    await check("tfjs", async ({ folder, pixels, count }) => {
      let logits: number[] = [];
      await withServer(readerOf(folder), async (address) => {
        const problems = await inBrowser(async (page) => {
          await page.goto(address);
          const call = `(${IN_PAGE})(${JSON.stringify(Array.from(pixels))}, ${count})`;
          logits = (await page.evaluate(call)) as number[];
        });
        assert.deepEqual(problems, []);
      });
      return Float32Array.from(logits);
    });
  });

  it("as ONNX in ONNX Runtime, with batches of any size", () =>
    check("onnx", async ({ folder, pixels, count }) => {
      const session = await InferenceSession.create(join(folder, "model.onnx"));
      assert.deepEqual([session.inputNames, session.outputNames], [["images"], ["logits", "probabilities"]]);
      const found: number[] = [];
      for (let first = 0, size = 1; first < count; first += size, size = Math.min(size + 3, count - first)) {
        const images = new Tensor("float32", pixels.slice(first * 192, (first + size) * 192), [
          size,
          8,
          8,
          3,
        ]);
        const results = await session.run({ images });
        const [logits, probabilities] = [results.logits as Tensor, results.probabilities as Tensor];
        found.push(...(logits.data as Float32Array));
        const sum = (probabilities.data as Float32Array).reduce((a, b) => a + b, 0);
        assert.ok(Math.abs(sum - size) < 1e-4, `${sum}`);
      }
      return Float32Array.from(found);
    }));

  for (const keys of ["select: validation", "ema: 0.5", "ema: 0.5, select: validation"])
    it(`as ONNX for normalised images with a fixed batch size, ${keys}`, () =>
      inTemporaryFolder(async (folder) => {
        writeFileSync(join(folder, "e.yaml"), EXPERIMENT.replace("select: validation", keys));
        const squeezebox = squeezeboxIn(folder);
        const result = squeezebox("train", "e.yaml");
        const run = join("runs", "exported", "seed-1");
        squeezebox("export", run, "--format", "onnx", "--batch", "40", "--no-normalisation");
        const { test, classes } = await loadDataset(DATASET);
        const batch = await wholeSplit(test, classes);
        const session = await InferenceSession.create(join(folder, run, "onnx", "model.onnx"));
        const { logits } = await session.run({ images: new Tensor("float32", batch.images, [40, 8, 8, 3]) });
        checkAgreement(logits?.data as Float32Array, { labels: batch.classes, result });
      }));

  it("on the exported page with image files of digits", async function () {
    if (CHROMIUM === null) this.skip();
    await inTemporaryFolder(async (folder) => {
      writeFileSync(
        join(folder, "e.yaml"),
        `name: digits
dataset: { name: mnist, validation: 100, train: 2000 }
network: { stem: { filters: 8, stride: 2 }, stages: [{ block: basic, filters: 16, stride: 2 }] }
training: { epochs: 6, batchSize: 64, optimizer: { name: adam, learningRate: 0.005 } }
`,
      );
      const squeezebox = squeezeboxIn(folder);
      squeezebox("train", "e.yaml");
      const run = join("runs", "digits", "seed-1");
      squeezebox("export", run);
      squeezebox("export", run, "--format", "onnx");
      const session = await InferenceSession.create(join(folder, run, "onnx", "model.onnx"));
      const digits = loadMnistDigits();
      const { pixels: all } = inMemory(digits);
      const shown = Array.from({ length: 20 }, (_, index) => index * 487);
      const predicted = shown.map(async (image) => {
        const pixels = all.subarray(image * 784, (image + 1) * 784);
        writeFileSync(join(folder, `${image}.bmp`), bitmapOf(pixels, 28, 28));
        const images = new Tensor("float32", Float32Array.from(pixels), [1, 28, 28, 1]);
        const { probabilities } = await session.run({ images });
        const shares = probabilities?.data as Float32Array;
        const best = shares.indexOf(Math.max(...shares));
        return `${best} (${(100 * (shares[best] as number)).toFixed(1)} %)`;
      });
      const expected = await Promise.all(predicted);
      const right = expected.filter((text, index) =>
        text.startsWith(`${digits.labels[shown[index] as number]} `),
      );
      assert.ok(right.length >= 15, `${right.length} of 20 digits`);
      const found: string[] = [];
      await withServer(readerOf(join(folder, run, "tfjs")), async (address) => {
        const problems = await inBrowser(async (page) => {
          await page.goto(address);
          await page.waitForFunction("document.querySelector('input').onchange !== null");
          const input = await page.$("input");
          for (const image of shown) {
            await page.evaluate("document.querySelector('output').textContent = ''");
            await (input as ElementHandle<never>).uploadFile(join(folder, `${image}.bmp`));
            await page.waitForFunction("document.querySelector('output').textContent !== ''");
            found.push(String(await page.evaluate("document.querySelector('output').textContent")));
          }
        });
        assert.deepEqual(problems, []);
      });
      assert.deepEqual(found, expected);
    });
  });

  it("and its gates can be measured with excite", () =>
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

/** A Windows bitmap with 24 bits per pixel, the simplest format that browsers can show. */
function bitmapOf(grey: Uint8Array, width: number, height: number): Buffer {
  const row = Math.ceil((3 * width) / 4) * 4;
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  // Rows are stored from bottom to top.
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      bytes.fill(
        grey[(height - 1 - y) * width + x] as number,
        54 + y * row + 3 * x,
        54 + y * row + 3 * x + 3,
      );
  return bytes;
}
