import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadDataset } from "../../src/data/dataset.js";
import { decode, decodePart } from "../../src/data/decode.js";
import type { Image } from "../../src/data/images.js";
import { FOLDER } from "../../src/data/sources/folder.js";
import { crop } from "../../src/data/transforms/crop.js";
import { InputError } from "../../src/diagnostic.js";
import { squeezeboxIn } from "../squeezebox-in.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { datasetSpec, imagesOf } from "./read-split.js";

const IMAGES = resolve("test/golden/images");
const WHITE = [255, 255, 255];
/** By the path of each file: its shape and pixels, as Pillow reads them. */
const PILLOW = JSON.parse(readFileSync("test/golden/images.json", "utf8")) as Readonly<
  Record<string, { readonly shape: readonly number[]; readonly pixels: readonly number[] }>
>;

const SAME_SIZE = [{ centerCrop: { size: 10 } }];
const specOf = (path: string, more: Readonly<Record<string, unknown>> = {}) =>
  datasetSpec({ name: "folder", path, transforms: { train: SAME_SIZE, test: SAME_SIZE }, ...more });
const openFolder = async (path: string, more?: Readonly<Record<string, unknown>>) =>
  FOLDER.open(specOf(path, more), () => {});

function inCopy(use: (folder: string) => Promise<void>): Promise<void> {
  return inTemporaryFolder((folder) => {
    cpSync(IMAGES, join(folder, "images"), { recursive: true });
    return use(join(folder, "images"));
  });
}

const rejects = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, message);
    return true;
  });

const plain = (image: Image | null) => image && { shape: image.shape, pixels: [...image.pixels] };

describe("decode", () => {
  for (const [name, { shape, pixels }] of Object.entries(PILLOW))
    it(`reads ${name} like Pillow`, async () => {
      const image = await decode(join(IMAGES, name), { channels: 3, background: WHITE, name });
      assert.deepEqual(image.shape, { height: shape[0], width: shape[1], channels: 3 });
      const difference = Math.max(
        ...pixels.map((value, at) => Math.abs(value - (image.pixels[at] as number))),
      );
      // Transparency is rounded differently; CMYK is converted with a colour profile, which Pillow does not do.
      const most = name.includes("alpha") ? 1 : name.includes("cmyk") ? 60 : 0;
      assert.ok(difference <= most, `differs by ${difference}`);
    });

  for (const name of Object.keys(PILLOW).filter((name) => /jpe?g$/i.test(name)))
    it(`reads parts of ${name}, the same pixels as those of the whole image`, async () => {
      const format = { channels: 3, background: WHITE, name } as const;
      const content = readFileSync(join(IMAGES, name));
      const whole = await decode(content, format);
      const { height, width } = whole.shape;
      for (const window of [
        { top: 0, left: 0, height, width },
        { top: 3, left: 1, height: height - 5, width: width - 2 },
        { top: height - 2, left: width - 3, height: 2, width: 3 },
      ])
        assert.deepEqual(plain(await decodePart(content, window, format)), plain(crop(whole, window, 0)));
    });

  it("reads no parts of damaged images, of other formats, and outside the image", async () => {
    const part = (content: Uint8Array, size = 2) =>
      decodePart(
        content,
        { top: 0, left: 0, height: size, width: size },
        { channels: 3, background: WHITE, name: "x" },
      );
    const jpeg = readFileSync(join(IMAGES, "train/cat/a.jpg"));
    assert.ok(await part(jpeg));
    assert.equal(await part(jpeg, 1000), null);
    assert.equal(await part(jpeg.subarray(0, -20)), null);
    assert.equal(await part(readFileSync(join(IMAGES, "train/cat/c.png"))), null);
  });

  it("puts transparent images on the background", async () => {
    const file = join(IMAGES, "train/dog/f-alpha.png");
    const { pixels } = await decode(file, { channels: 3, background: [255, 0, 10], name: file });
    assert.deepEqual([...pixels.subarray(0, 3)], [255, 0, 10]);
  });

  it("makes colours grey as Pillow does, and keeps what is grey", async () => {
    const grey = (name: string) => decode(join(IMAGES, name), { channels: 1, background: WHITE, name });
    const { pixels } = PILLOW["train/cat/c.png"] as { pixels: readonly number[] };
    const [r, g, b] = pixels as unknown as [number, number, number];
    const { shape, pixels: found } = await grey("train/cat/c.png");
    assert.equal(shape.channels, 1);
    assert.equal(found[0], (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16);
    const already = PILLOW["train/cat/d-grey.png"] as { pixels: readonly number[] };
    assert.equal((await grey("train/cat/d-grey.png")).pixels[5], already.pixels[15]);
  });

  it("refuses what is cut, empty, no image or too large, with the name of the file", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "one.jpg");
      const format = { channels: 3, background: WHITE, name: file } as const;
      writeFileSync(file, readFileSync(join(IMAGES, "train/cat/a.jpg")));
      truncateSync(file, 500);
      await rejects(decode(file, format), /one\.jpg is not an image that can be read, or it is damaged/);
      writeFileSync(file, "");
      await rejects(decode(file, format), /one\.jpg/);
      writeFileSync(file, "<html>");
      await rejects(decode(file, format), /one\.jpg/);
      // A PNG that declares 60,000 x 60,000 pixels.
      const png = readFileSync(join(IMAGES, "train/cat/c.png"));
      png.writeUInt32BE(60_000, 16);
      png.writeUInt32BE(60_000, 20);
      writeFileSync(file, png);
      await rejects(decode(file, format), /one\.jpg/);
    }));
});

describe("a folder of images", () => {
  it("has the parts and classes of its folders", async () => {
    const { classNames, train, validation, test, otherFiles, broken } = await openFolder(IMAGES);
    assert.deepEqual(classNames, ["cat", "dog"]);
    assert.deepEqual([...train.labels], [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    assert.deepEqual(
      [validation, test].map((part) => [...(part?.labels ?? [])]),
      [
        [0, 1],
        [0, 1],
      ],
    );
    assert.deepEqual([otherFiles, broken], [1, []]);
  });

  it("without parts is divided, the same share of every class", async () => {
    const { train, validation, test, classNames, close } = await loadDataset(
      specOf(join(IMAGES, "train"), { test: 2, validation: 0.2 }),
    );
    assert.deepEqual([train.count, validation.count, test.count], [8, 2, 2]);
    assert.deepEqual(
      [[...test.labels], [...validation.labels], classNames],
      [
        [0, 1],
        [0, 1],
        ["cat", "dog"],
      ],
    );
    close();
  });

  it("gives the same pixels from the cache, from memory and decoded each time", async () => {
    const flip = [...SAME_SIZE, { flip: { horizontal: 1 } }];
    const all = [];
    for (const cache of ["on", "on", "off"]) {
      const dataset = await loadDataset(
        specOf(IMAGES, { cache, transforms: { train: flip, test: SAME_SIZE } }),
      );
      all.push(await imagesOf(dataset.train));
    }
    const random = [{ randomCrop: { size: 10, padding: 0 } }];
    await loadDataset(specOf(IMAGES, { transforms: { train: random, test: SAME_SIZE } }));
    assert.deepEqual(all[1], all[0]);
    assert.deepEqual(all[2], all[0]);
    const { pixels, shape } = PILLOW["train/cat/a.jpg"] as {
      pixels: readonly number[];
      shape: readonly number[];
    };
    const plain = await loadDataset(specOf(IMAGES, { normalize: "none" }));
    const first = (await imagesOf(plain.train)).slice(0, 3);
    const left = ((shape[1] as number) - 10) / 2;
    const expected = pixels.slice(3 * left, 3 * left + 3).map((value) => Math.fround(value / 255));
    assert.deepEqual([...first], expected);
  });

  it("of different sizes needs a resize or a crop", () =>
    rejects(
      loadDataset(specOf(IMAGES, { transforms: { train: [], test: SAME_SIZE } })),
      /the training images have different sizes, for example 10x12x3 and 12x10x3 .*`resize` or a crop/,
    ));

  it("with a broken image is an error that names it, unless broken ones are skipped", () =>
    inCopy(async (folder) => {
      const file = join(folder, "train", "cat", "a.jpg");
      writeFileSync(file, "no image");
      await rejects(openFolder(folder), /train.cat.a\.jpg is not an image .*`dataset\.broken: skip`/);
      const skipped = await openFolder(folder, { broken: "skip" });
      assert.equal(skipped.train.labels.length, 11);
      assert.equal(skipped.broken.length, 1);
      // Its header is intact.
      writeFileSync(file, readFileSync(join(IMAGES, "train/cat/a.jpg")).subarray(0, 600));
      assert.equal((await openFolder(folder, { broken: "skip" })).train.labels.length, 11);
    }));

  it("with other mistakes is an error that says where", () =>
    inCopy(async (folder) => {
      mkdirSync(join(folder, "test", "dgo"));
      await rejects(
        openFolder(folder),
        /test.dgo: the training images have no class of this name; did you mean `dog`\?/,
      );
      rmSync(join(folder, "test", "dgo"), { recursive: true });
      mkdirSync(join(folder, "train", "empty"));
      await rejects(openFolder(folder), /train.empty contains no images/);
      await rejects(openFolder(join(folder, "none")), /there is no folder .*none/);
      await rejects(openFolder(join(folder, "train", "cat")), /must contain one folder per class/);
      await rejects(openFolder(join(folder, "train", "cat", "a.jpg")), /is not a folder/);
    }));

  it("does not follow links in circles", () =>
    inCopy(async (folder) => {
      symlinkSync(folder, join(folder, "train", "circle"));
      symlinkSync(join(folder, "train"), join(folder, "train", "cat", "circle"));
      const { classNames, train } = await openFolder(folder);
      assert.deepEqual([classNames.length, train.labels.length], [2, 12]);
    }));

  it("is trained on, and the names of its classes are recorded", function () {
    this.timeout(180_000);
    return inCopy(async (folder) => {
      writeFileSync(
        join(folder, "e.yaml"),
        `name: e
dataset:
  name: folder
  path: .
  transforms: { train: [centerCrop: { size: 10 }, flip: {}], test: [centerCrop: { size: 10 }] }
network: { stem: { filters: 8, stride: 2 }, stages: [{ block: basic, filters: 8 }], se: { r: 2 } }
training: { epochs: 1, batchSize: 4 }
`,
      );
      const { test_loss } = squeezeboxIn(folder)("train", "e.yaml");
      assert.ok(Number.isFinite(test_loss));
      const files = squeezeboxIn(folder)("data", "check", "e.yaml");
      assert.deepEqual(files, { images: 16, broken: [] });
    });
  });
});
