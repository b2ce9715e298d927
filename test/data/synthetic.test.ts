import assert from "node:assert/strict";
import { loadDataset } from "../../src/data/dataset.js";
import { sizeOf } from "../../src/data/images.js";
import type { Split } from "../../src/data/split.js";
import { datasetSpec, imagesOf } from "./read-split.js";

const SPEC = datasetSpec({
  name: "synthetic",
  size: 8,
  channels: 3,
  classes: 4,
  images: 256,
  test: 64,
  validation: 32,
});

/** Mean and deviation of each channel of each image. */
async function channelStatistics(split: Split): Promise<number[][]> {
  const { shape, count } = split;
  const images = await imagesOf(split);
  const { channels } = shape;
  const size = sizeOf(shape);
  return Array.from({ length: count }, (_, image) =>
    Array.from({ length: channels }, (_, channel) => {
      const values = images
        .subarray(image * size, (image + 1) * size)
        .filter((_, offset) => offset % channels === channel);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      return [mean, Math.sqrt(variance)];
    }).flat(),
  );
}

const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, index) => sum + (value - (b[index] as number)) ** 2, 0);

/** Share of test images nearest to their own class' mean statistics over the training images. */
async function centroidAccuracy(train: Split, test: Split, classes: number): Promise<number> {
  const statistics = await channelStatistics(train);
  const centroids = Array.from({ length: classes }, (_, label) => {
    const members = statistics.filter((_, image) => train.labels[image] === label);
    return (members[0] as number[]).map((_, index) =>
      members.reduce((sum, member) => sum + (member[index] as number) / members.length, 0),
    );
  });
  const right = (await channelStatistics(test)).filter((own, image) => {
    const distances = centroids.map((centroid) => distance(own, centroid));
    return distances.indexOf(Math.min(...distances)) === test.labels[image];
  });
  return right.length / test.count;
}

describe("the synthetic dataset", () => {
  it("has as many images as it says, the same ones every time", async () => {
    const [once, again] = [await loadDataset(SPEC), await loadDataset(SPEC)];
    const { train, validation, test, shape, classes } = once;
    assert.deepEqual([train.count, validation.count, test.count, classes], [256, 32, 64, 4]);
    assert.deepEqual(shape, { height: 8, width: 8, channels: 3 });
    assert.equal(once.fingerprint, again.fingerprint);
    assert.deepEqual(await imagesOf(once.train), await imagesOf(again.train));
    assert.equal(once.fingerprint, "bfb6ee225ed7af1baec2d174f9e358f4b8b15896ead48cd76d652aa77b48b968");
  });

  it("differs between its parts and between descriptions", async () => {
    const { train, validation, test, fingerprint } = await loadDataset(SPEC);
    const first = async (split: Split) =>
      Buffer.from((await imagesOf(split)).slice(0, 192).buffer).toString("base64");
    assert.equal(new Set(await Promise.all([train, validation, test].map(first))).size, 3);
    for (const change of [
      { size: 9 },
      { size: [8, 9] },
      { channels: 4 },
      { classes: 5 },
      { images: 255 },
      { test: 63 },
    ])
      assert.notEqual((await loadDataset({ ...SPEC, ...change })).fingerprint, fingerprint);
  });

  it("need not be square", async () => {
    const { shape, train } = await loadDataset({ ...SPEC, size: [6, 14] });
    assert.deepEqual(shape, { height: 6, width: 14, channels: 3 });
    assert.equal((await imagesOf(train)).length, 256 * 6 * 14 * 3);
    const square = await loadDataset({ ...SPEC, size: [8, 8] });
    assert.equal(square.fingerprint, (await loadDataset(SPEC)).fingerprint);
  });

  it("shows its classes in the statistics of its channels", async () => {
    for (const change of [
      {},
      { channels: 1, classes: 2 },
      { classes: 10, size: 16, channels: 8 },
      { size: [6, 14] },
    ]) {
      const { train, test, classes } = await loadDataset({ ...SPEC, ...change });
      const accuracy = await centroidAccuracy(train, test, classes);
      assert.ok(accuracy > 0.9, `${JSON.stringify(change)}: ${accuracy}`);
    }
  });
});
