import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import type { DatasetSpec, TransformSpec } from "../../src/config/experiment-spec.js";
import { describeDataset, loadDataset } from "../../src/data/dataset.js";
import { DatasetError } from "../../src/data/dataset-error.js";
import type { Image } from "../../src/data/images.js";
import { augmentation, FIXED, type Split } from "../../src/data/split.js";
import { transformed } from "../../src/data/transforms/transforms.js";
import { drawing } from "./drawing.js";
import { datasetSpec, imagesOf } from "./read-split.js";

interface StoredImage {
  readonly shape: readonly [number, number, number];
  readonly pixels: readonly number[];
}

const { cases } = JSON.parse(readFileSync("test/golden/transforms.json", "utf8")) as {
  cases: { transform: TransformSpec; draws: number[]; image: StoredImage; result: StoredImage }[];
};

const imageOf = ({ shape: [height, width, channels], pixels }: StoredImage): Image => ({
  shape: { height, width, channels },
  pixels: Uint8Array.from(pixels),
});

describe("transforms", () => {
  for (const name of ["flip", "randomCrop", "randomErasing", "centerCrop", "invert"])
    it(`${name}: as torchvision, byte by byte`, () => {
      const own = cases.filter(({ transform }) => name in transform);
      assert.ok(own.length >= 12);
      for (const { transform, draws, image, result } of own) {
        const before = imageOf(image);
        // torchvision crops from the padded image; here the draws are places in it, too.
        const random = drawing(draws);
        const found = transformed(before, [transform], random);
        assert.deepEqual(found, imageOf(result), JSON.stringify({ transform, draws }));
        assert.deepEqual(before, imageOf(image), "the image itself has changed");
        assert.throws(random.uniform, /one draw too many/, "a draw is left over");
      }
    });
});

const everyIndex = ({ count }: Split) => Uint32Array.from({ length: count }, (_, index) => index);

describe("a dataset with transforms", () => {
  const specOf = (train: readonly TransformSpec[], test: readonly TransformSpec[] = []) =>
    datasetSpec({
      ...{ name: "synthetic", size: 8, channels: 3, classes: 4, images: 40, test: 10, validation: 10 },
      transforms: { train, test },
    });
  const flip = { flip: { horizontal: 0.5, vertical: 0.5 } };
  const shift = { randomCrop: { size: "same", padding: 2, fill: 0 } } as const;
  const centre = { centerCrop: { size: 6 } };

  const readAll = async (spec: DatasetSpec, epoch: number, seed = 1) => {
    const { train } = await loadDataset(spec);
    return train.load(everyIndex(train), augmentation(seed, epoch));
  };

  it("shows other images in each epoch and with each seed, the same ones again when asked again", async () => {
    const spec = specOf([flip, shift]);
    const first = await readAll(spec, 1);
    assert.deepEqual(await readAll(spec, 1), first);
    assert.notDeepEqual(await readAll(spec, 2), first);
    assert.notDeepEqual(await readAll(spec, 1, 2), first);
    assert.notDeepEqual(await readAll(specOf([]), 1), first);
  });

  it("draws for an image by its index alone, whatever was read before", async () => {
    const { train } = await loadDataset(specOf([flip, shift]));
    const all = await readAll(specOf([flip, shift]), 3);
    const image = (index: number) => all.slice(index * 192, (index + 1) * 192);
    assert.deepEqual(await train.load(Uint32Array.of(17), augmentation(1, 3)), image(17));
    const some = await train.load(Uint32Array.of(30, 4), augmentation(1, 3));
    assert.deepEqual([some.slice(0, 192), some.slice(192)], [image(30), image(4)]);
  });

  it("flips and shifts as often as it says", async () => {
    const { train } = await loadDataset(specOf([{ flip: { horizontal: 0.25, vertical: 0 } }]));
    const plain = await imagesOf((await loadDataset(specOf([]))).train);
    let flipped = 0;
    for (let epoch = 1; epoch <= 25; epoch++) {
      const all = await train.load(everyIndex(train), augmentation(1, epoch));
      for (let start = 0; start < all.length; start += 192)
        if (all.subarray(start, start + 192).some((value, at) => value !== plain[start + at])) flipped++;
    }
    // 1,000 draws: four standard deviations are 55.
    assert.ok(Math.abs(flipped - 250) < 55, `${flipped} of 1000`);
  });

  it("leaves validation and test images alone, unless transforms are given for them", async () => {
    const [plain, augmented] = [await loadDataset(specOf([])), await loadDataset(specOf([flip]))];
    assert.deepEqual(await imagesOf(augmented.validation), await imagesOf(plain.validation));
    assert.deepEqual(await imagesOf(augmented.test), await imagesOf(plain.test));
    assert.equal(augmented.fingerprint, plain.fingerprint, "the same test images");
    const cropped = await loadDataset(specOf([centre], [centre]));
    assert.deepEqual(cropped.shape, { height: 6, width: 6, channels: 3 });
    assert.notEqual(cropped.fingerprint, plain.fingerprint, "other test images");
    const whole = await plain.test.load(Uint32Array.of(3), FIXED);
    const part = await cropped.test.load(Uint32Array.of(3), FIXED);
    assert.deepEqual([whole.length, part.length], [192, 108]);
    const at = (pixels: Float32Array, width: number, [y, x]: [number, number], of: typeof plain) =>
      Math.round(
        (pixels[(y * width + x) * 3] as number) * (of.normalisation.deviation[0] as number) +
          (of.normalisation.mean[0] as number),
      );
    assert.equal(at(part, 6, [0, 0], cropped), at(whole, 8, [1, 1], plain));
    assert.equal(at(part, 6, [5, 4], cropped), at(whole, 8, [6, 5], plain));
  });

  it("is normalised by the training images after what is not random", async () => {
    const { train } = await loadDataset(specOf([flip, centre], [centre]));
    const values = await imagesOf(train);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs(mean) < 1e-5, `mean ${mean}`);
  });

  it("is refused where its transforms do not fit", () => {
    const check = (spec: DatasetSpec, path: readonly (string | number)[], code: string, text: RegExp) =>
      assert.throws(
        () => describeDataset(spec),
        (error) => {
          assert.ok(error instanceof DatasetError);
          assert.deepEqual([error.path, error.code], [path, code]);
          return text.test(error.message);
        },
      );
    const large = { centerCrop: { size: [8, 9] as [number, number] } };
    check(
      specOf([flip, large]),
      ["transforms", "train", 1],
      "wrong-shape",
      /8x9 does not fit into images of 8x8/,
    );
    check(specOf([], [large]), ["transforms", "test", 0], "wrong-shape", /8x9/);
    check(
      specOf([centre]),
      ["transforms"],
      "unequal-shapes",
      /training images are 6x6x3, but test images are 8x8x3/,
    );
    const far = { randomCrop: { size: 13, padding: 2, fill: 0 } };
    check(specOf([far]), ["transforms", "train", 0], "wrong-shape", /12x12 including padding/);
  });
});
