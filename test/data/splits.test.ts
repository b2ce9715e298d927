import assert from "node:assert/strict";
import { type Dataset, loadDataset } from "../../src/data/dataset.js";
import { sizeOf } from "../../src/data/images.js";
import { holdOut } from "../../src/data/partition.js";
import { loadMnistDigits } from "../../src/data/sources/mnist.js";
import type { Split } from "../../src/data/split.js";
import { InputError } from "../../src/diagnostic.js";
import { datasetSpec, imagesOf } from "./read-split.js";

const MNIST = datasetSpec({ name: "mnist", validation: 1000 });

function countByClass(labels: Iterable<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return counts;
}

async function imagesAsText(split: Split): Promise<string[]> {
  const size = sizeOf(split.shape);
  const images = await imagesOf(split);
  return Array.from(split.labels, (label, index) =>
    [label, Buffer.from(images.slice(index * size, (index + 1) * size).buffer).toString("base64")].join(" "),
  );
}

describe("the split of MNIST", function () {
  this.timeout(60_000);
  let mnist: Dataset;
  before(async () => {
    mnist = await loadDataset(MNIST);
  });

  it("has 8,000 training, 1,000 validation and 1,000 test images of ten classes", () => {
    const { train, validation, test, classes, shape } = mnist;
    assert.deepEqual([train.count, validation.count, test.count, classes], [8000, 1000, 1000, 10]);
    assert.deepEqual(shape, { height: 28, width: 28, channels: 1 });
    for (const { count, labels } of [train, validation, test]) assert.equal(labels.length, count);
  });

  it("has no image in two parts, and every digit of the package in one", async () => {
    const parts = await Promise.all([mnist.train, mnist.validation, mnist.test].map(imagesAsText));
    const all = parts.flat();
    assert.equal(all.length, loadMnistDigits().labels.length);
    assert.equal(
      new Set(all).size,
      parts.reduce((sum, part) => sum + new Set(part).size, 0),
    );
  });

  it("has the same share of every class in each part", () => {
    const digits = countByClass(loadMnistDigits().labels, 10);
    for (const [split, share] of [
      [mnist.train, 0.8],
      [mnist.validation, 0.1],
      [mnist.test, 0.1],
    ] as const)
      countByClass(split.labels, 10).forEach((count, digit) => {
        const expected = share * (digits[digit] as number);
        assert.ok(Math.abs(count - expected) <= 2, `${count} of digit ${digit}, expected ${expected}`);
      });
  });

  it("is the same every time, whatever else was loaded", async () => {
    const again = await loadDataset(MNIST);
    assert.equal(again.fingerprint, mnist.fingerprint);
    assert.equal(mnist.fingerprint, "f78b14fa146f398478735a449104f9c958fbf6dff814607d23bf66c9f9956ccb");
    const other = await loadDataset({ ...MNIST, validation: 500 });
    assert.notEqual(other.fingerprint, mnist.fingerprint);
    assert.deepEqual(other.test.labels, mnist.test.labels);
  });

  it("is normalised by the training images", async () => {
    let [sum, squares] = [0, 0];
    const images = await imagesOf(mnist.train);
    for (const value of images) {
      sum += value;
      squares += value * value;
    }
    const mean = sum / images.length;
    assert.ok(Math.abs(mean) < 1e-5, `mean ${mean}`);
    assert.ok(Math.abs(Math.sqrt(squares / images.length - mean ** 2) - 1) < 1e-5);
    const others = await imagesOf(mnist.validation);
    const validationMean = others.reduce((a, b) => a + b, 0) / others.length;
    assert.ok(Math.abs(validationMean) > 1e-4 && Math.abs(validationMean) < 0.05);
  });

  it("can be cut to fewer training images without touching the others", async () => {
    const few = await loadDataset({ ...MNIST, train: 200 });
    assert.deepEqual(
      countByClass(few.train.labels, 10).map((count) => Math.abs(count - 20) <= 3),
      new Array(10).fill(true),
    );
    assert.equal(few.train.count, 200);
    assert.deepEqual(few.validation.labels, mnist.validation.labels);
  });

  it("cannot take more images than there are", async () => {
    for (const wrong of [{ validation: 9000 }, { validation: 20000 }, { train: 8001 }])
      await assert.rejects(
        loadDataset({ ...MNIST, ...wrong }),
        (error: unknown) =>
          error instanceof InputError && "train" in wrong === /dataset.train/.test(error.message),
      );
    const all = await loadDataset({ ...MNIST, train: 8000 });
    assert.equal(all.fingerprint, mnist.fingerprint);
  });
});

describe("holdOut", () => {
  const check = (
    labels: readonly number[],
    { classes, count, expected }: { classes: number; count: number; expected: readonly number[] },
  ) => {
    const { rest, held } = holdOut(labels, count, { classes, purpose: "validation", seed: 0 });
    const labelsHeld = Array.from(held, (index) => labels[index] as number);
    assert.deepEqual(countByClass(labelsHeld, classes), expected);
    assert.deepEqual(
      [...rest, ...held].sort((a, b) => a - b),
      [...labels.keys()],
    );
  };

  it("takes the same share of every class, largest remainders first", () => {
    check([0, 0, 1, 1], { classes: 2, count: 2, expected: [1, 1] });
    check([0, 0, 0, 0, 0, 0, 1, 1, 1], { classes: 2, count: 3, expected: [2, 1] });
    check([0, 0, 0, 1, 1, 1], { classes: 2, count: 3, expected: [2, 1] });
    check([0, 0, 0, 0, 0, 1], { classes: 2, count: 4, expected: [3, 1] });
    check([0, 2, 0, 2], { classes: 3, count: 2, expected: [1, 0, 1] });
    check([0, 1, 2], { classes: 3, count: 0, expected: [0, 0, 0] });
  });
});
