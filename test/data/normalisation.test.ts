import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { describeDataset, factsOfDataset, loadDataset } from "../../src/data/dataset.js";
import { DatasetError } from "../../src/data/dataset-error.js";
import { NPZ } from "../../src/data/sources/npz.js";
import { datasetSpec, imagesOf, inMemory } from "./read-split.js";

/** Coloured images, divided by their publisher. */
const specOf = (normalize: unknown) =>
  datasetSpec({ name: "npz", path: "test/golden/medmnist.npz", normalize });

describe("normalize", () => {
  const check = async (normalize: unknown, of: (pixel: number, channel: number) => number) => {
    const dataset = await loadDataset(specOf(normalize));
    const raw = await NPZ.open(specOf(normalize), () => {});
    for (const part of ["train", "validation", "test"] as const) {
      const found = await imagesOf(dataset[part]);
      const source = raw[part];
      assert.ok(source);
      const expected = Array.from(inMemory(source).pixels, (pixel, index) => of(pixel, index % 3));
      const difference = Math.max(...expected.map((value, at) => Math.abs(value - (found[at] as number))));
      assert.ok(difference < 1e-6, `${part}: ${difference}`);
    }
  };

  it("none only makes pixels numbers from 0 to 1", () => check("none", (pixel) => pixel / 255));

  it("takes means and deviations of each channel, for pixels from 0 to 1, like torchvision", () => {
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ] as const;
    const expected = (pixel: number, channel: number) =>
      (pixel / 255 - (mean[channel] as number)) / (std[channel] as number);
    return check({ mean, std }, expected);
  });

  it("takes one number for all channels", async () => {
    await check({ mean: 0.5, std: 0.25 }, (pixel) => (pixel / 255 - 0.5) / 0.25);
    await check({ mean: [0, 0.5, 1], std: 0.5 }, (pixel, channel) => (pixel / 255 - channel / 2) / 0.5);
  });

  it("for another number of channels is an error, wherever a dataset is looked at", async () => {
    const rejects = async (normalize: unknown, key: string, message: RegExp) => {
      const spec = specOf(normalize);
      const looks = [
        async () => describeDataset(spec),
        () => factsOfDataset(spec, () => {}),
        () => loadDataset(spec),
      ];
      for (const look of looks)
        await assert.rejects(look, (error: unknown) => {
          assert.ok(error instanceof DatasetError, String(error));
          assert.deepEqual([error.path, error.code], [["normalize", key], "wrong-length"]);
          assert.match(error.message, message);
          return true;
        });
    };
    await rejects(
      { mean: [0.5], std: 1 },
      "mean",
      /normalize\.mean is a list of 1.*as the images have channels \(3\)/,
    );
    await rejects({ mean: [0, 0, 0], std: [1, 1, 1, 1] }, "std", /normalize\.std is a list of 4/);
  });

  it("is part of what identifies the dataset", async () => {
    const all = ["dataset", "none", { mean: 0, std: 1 }, { mean: 0, std: 0.5 }].map(specOf);
    const datasets = await Promise.all(all.map((spec) => loadDataset(spec)));
    assert.equal(new Set(datasets.map(({ fingerprint }) => fingerprint)).size, all.length);
  });
});
