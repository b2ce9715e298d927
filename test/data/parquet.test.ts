import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadDataset } from "../../src/data/dataset.js";
import { PARQUET } from "../../src/data/sources/parquet.js";
import { InputError } from "../../src/diagnostic.js";
import { squeezeboxIn } from "../squeezebox-in.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { datasetSpec, imagesOf } from "./read-split.js";

const FILES = resolve("test/golden/parquet");
const specOf = (path: string, more: Readonly<Record<string, unknown>> = {}) =>
  datasetSpec({ name: "parquet", path, ...more });
const openFiles = async (path: string, more?: Readonly<Record<string, unknown>>) =>
  PARQUET.open(specOf(path, more), () => {});

/** Channel c of pixel y, x of an image, as the script that wrote the files computes it. */
function pixelOf(seed: number, y: number, x: number, channel: number): number {
  const [a, b] = [
    [5, 2],
    [2, 4],
    [3, 3],
  ][channel] as [number, number];
  return ((40 * seed + a * x + b * y + 60 * channel) % 200) + 20;
}

const rejects = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, message);
    return true;
  });

describe("Parquet files", () => {
  it("have the parts, labels and class names that the Hub gives them", async () => {
    const { classNames, train, validation, test } = await openFiles(FILES);
    assert.deepEqual(classNames, ["apple", "pear", "plum"]);
    assert.deepEqual(
      [...train.labels],
      Array.from({ length: 18 }, (_, seed) => seed % 3),
    );
    assert.deepEqual([validation?.labels.length, test?.labels.length], [6, 6]);
  });

  it("have the pixels that were written, in every compression, with the cache and without", async () => {
    for (const cache of ["on", "off"]) {
      const dataset = await loadDataset(specOf(FILES, { cache, normalize: "none" }));
      for (const [part, first] of [
        ["train", 0],
        ["validation", 18],
        ["test", 24],
      ] as const) {
        const images = await imagesOf(dataset[part]);
        for (const image of [0, 3, 5])
          for (const [y, x, channel] of [
            [0, 0, 0],
            [9, 11, 2],
            [4, 7, 1],
          ] as const)
            assert.equal(
              images[((image * 10 + y) * 12 + x) * 3 + channel],
              Math.fround(pixelOf(first + image, y, x, channel) / 255),
            );
      }
      dataset.close();
    }
  });

  it("can be a single file, which is divided", async () => {
    const file = join(FILES, "train-00000-of-00002.parquet");
    const { train, validation, test } = await loadDataset(specOf(file, { test: 3, validation: 3 }));
    assert.deepEqual([train.count, validation.count, test.count], [3, 3, 3]);
  });

  it("with mistakes are errors that name the file", () =>
    inTemporaryFolder(async (folder) => {
      cpSync(FILES, folder, { recursive: true });
      await rejects(
        openFiles(folder, { image: "imgae" }),
        /no column imgae; its columns are image, label; did you mean `image`\?/,
      );
      await rejects(openFiles(folder, { label: "image" }), /row 1: the label must be a number or a text/);
      const file = join(folder, "train-00001-of-00002.parquet");
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.subarray(0, 2000));
      await rejects(
        openFiles(folder),
        /train-00001-of-00002\.parquet is not a Parquet file, or it is damaged/,
      );
      writeFileSync(file, Buffer.concat([Buffer.alloc(1500), bytes.subarray(1500)]));
      await rejects(openFiles(folder), /train-00001-of-00002\.parquet/);
      rmSync(file);
      rmSync(join(folder, "train-00000-of-00002.parquet"));
      await rejects(openFiles(folder), /no file has the name of a training set/);
    }));

  it("are trained on", function () {
    this.timeout(180_000);
    return inTemporaryFolder(async (folder) => {
      cpSync(FILES, join(folder, "data"), { recursive: true });
      writeFileSync(
        join(folder, "e.yaml"),
        `name: e
dataset: { name: parquet, path: data }
network: { stem: { filters: 8, stride: 2 }, stages: [{ block: basic, filters: 8 }], se: { r: 2 } }
training: { epochs: 1, batchSize: 4 }
`,
      );
      assert.ok(Number.isFinite(squeezeboxIn(folder)("train", "e.yaml").test_loss));
    });
  });
});
