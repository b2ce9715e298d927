import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describeDataset, factsOfDataset, loadDataset } from "../../src/data/dataset.js";
import { DatasetError } from "../../src/data/dataset-error.js";
import { InputError } from "../../src/diagnostic.js";
import { datasetSpec } from "./read-split.js";

const CROP = [{ centerCrop: { size: 10 } }];
const FOLDER = {
  name: "folder",
  path: resolve("test/golden/images"),
  transforms: { train: CROP, test: CROP },
} as const;
const UNDIVIDED = { ...FOLDER, path: resolve("test/golden/images/train") };

/** Loading is refused for a reason that is located in the description. */
const refused = (
  more: Readonly<Record<string, unknown>>,
  expected: string,
  base: typeof FOLDER | typeof UNDIVIDED = FOLDER,
) =>
  assert.rejects(loadDataset(datasetSpec({ ...base, ...more })), (error: unknown) => {
    assert.ok(error instanceof DatasetError, String(error));
    assert.equal(`${error.code} ${error.path.join(".")}`, expected);
    return true;
  });

describe("a description that does not fit the dataset", () => {
  it("because of its classes is refused", () =>
    refused({ classes: ["cat", "dgo"] }, "not-allowed classes.1"));

  it("because nothing is left to train on is refused", async () => {
    await refused({ validation: 12 }, "too-few-images validation", UNDIVIDED);
    await refused({ test: 0.99 }, "too-few-images test", UNDIVIDED);
    await refused({ test: 6, validation: 6 }, "too-few-images validation", UNDIVIDED);
    await refused({ test: 2, validation: 2, train: 9 }, "too-few-images train", UNDIVIDED);
  });

  it("because of its transforms is refused", async () => {
    const large = [{ centerCrop: { size: 11 } }];
    await refused({ transforms: { train: large, test: CROP } }, "wrong-shape transforms.train.0");
    await refused({ transforms: { train: [], test: CROP } }, "unequal-shapes transforms.train");
    await refused(
      { transforms: { train: [{ centerCrop: { size: 8 } }], test: CROP } },
      "unequal-shapes transforms",
    );
  });

  it("because of the channels of its normalisation is refused", async () => {
    await refused({ normalize: { mean: [0.5, 0.5], std: 1 } }, "wrong-length normalize.mean");
    await refused({ normalize: { mean: 0.5, std: [1, 1, 1, 1] } }, "wrong-length normalize.std");
    const { close } = await loadDataset(datasetSpec({ ...FOLDER, normalize: { mean: [0, 0.5, 1], std: 1 } }));
    close();
    assert.throws(
      () => describeDataset(datasetSpec({ name: "mnist", normalize: { mean: [0, 0, 0], std: 1 } })),
      DatasetError,
    );
  });

  it("but is not too imbalanced or noisy for small classes is used", async () => {
    for (const more of [{ imbalance: 10_000 }, { labelNoise: 1 }]) {
      const { train, close } = await loadDataset(datasetSpec({ ...FOLDER, ...more }));
      assert.ok(new Set(train.labels).size === 2);
      close();
    }
  });
});

describe("a dataset whose files are missing", () => {
  const says = async (spec: Parameters<typeof datasetSpec>[0], message: RegExp) =>
    assert.rejects(
      factsOfDataset(datasetSpec(spec), () => {}),
      (error: unknown) => error instanceof InputError && message.test(error.message),
    );

  it("is refused with the way to download it, if there is one", async () => {
    await says({ name: "cifar10", path: "/none/cifar10/x" }, /`squeezebox data fetch cifar10` downloads it/);
    await says({ name: "npz", path: "/none/bloodmnist.npz" }, /`squeezebox data fetch bloodmnist` downloads/);
    await says({ name: "folder", path: "/none/cifar-10" }, /^there is no folder \/none\/cifar-10$/);
    await says({ name: "npz", path: "/none/own.npz" }, /^there is no file \/none\/own\.npz$/);
  });
});
