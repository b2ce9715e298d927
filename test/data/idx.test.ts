import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describeDataset, loadDataset } from "../../src/data/dataset.js";
import type { Part, RawDataset } from "../../src/data/images.js";
import { loadIdx } from "../../src/data/sources/idx.js";
import { InputError } from "../../src/diagnostic.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { datasetSpec, inMemory } from "./read-split.js";

const TRAIN_IMAGES = "train-images-idx3-ubyte";
const TRAIN_LABELS = "train-labels-idx1-ubyte";
const TEST_IMAGES = "t10k-images-idx3-ubyte";
const TEST_LABELS = "t10k-labels-idx1-ubyte";
const FASHION = "/usr/share/datasets/fashion-mnist";

function idx(dimensions: readonly number[], data: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt32BE(0x0800 + dimensions.length, 0);
  dimensions.forEach((dimension, index) => {
    header.writeUInt32BE(dimension, 4 + 4 * index);
  });
  return Buffer.concat([header, Buffer.from(data)]);
}

/** Four training and two test images of 2x3 pixels, three classes. */
const SMALL: Readonly<Record<string, Buffer>> = {
  [TRAIN_IMAGES]: idx(
    [4, 2, 3],
    Array.from({ length: 24 }, (_, index) => index),
  ),
  [TRAIN_LABELS]: idx([4], [0, 1, 2, 1]),
  [TEST_IMAGES]: idx([2, 2, 3], new Array(12).fill(255)),
  [TEST_LABELS]: idx([2], [1, 0]),
};

/** Every dataset of IDX files has test images. */
function load(directory: string, prefix = "auto"): RawDataset & { readonly test: Part } {
  const { test, ...rest } = loadIdx({ directory, prefix, transpose: false });
  assert.ok(test);
  return { ...rest, test };
}

type Files = Readonly<Record<string, Buffer | null>>;

function writeFiles(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files))
    if (content) writeFileSync(join(folder, name), content);
}

describe("loadIdx", () => {
  const checkLoads = (files: Files) =>
    inTemporaryFolder((folder) => {
      writeFiles(folder, files);
      const { train, validation, test, classNames } = load(folder);
      const { shape, pixels } = inMemory(train);
      assert.deepEqual(shape, { height: 2, width: 3, channels: 1 });
      assert.deepEqual([...pixels], [...Array(24).keys()]);
      assert.deepEqual([...train.labels], [0, 1, 2, 1]);
      assert.deepEqual([...test.labels], [1, 0]);
      assert.deepEqual(inMemory(test).shape, shape);
      assert.deepEqual([classNames, validation], [["0", "1", "2"], null]);
      assert.deepEqual(describeDataset(datasetSpec({ name: "idx", directory: folder, validation: 1 })), {
        shape,
        classes: 3,
      });
    });

  it("reads plain and gzipped files", async () => {
    const gzipped = Object.entries(SMALL).map(([name, content]) => [`${name}.gz`, gzipSync(content)]);
    await checkLoads(SMALL);
    await checkLoads(Object.fromEntries(gzipped));
    await checkLoads({ ...SMALL, [TRAIN_IMAGES]: gzipSync(SMALL[TRAIN_IMAGES] as Buffer) });
  });

  /** The small dataset with some files changed is refused by a message that names the file. */
  const checkRefused = (changed: Files, named: string, reason: RegExp) =>
    inTemporaryFolder((folder) => {
      writeFiles(folder, { ...SMALL, ...changed });
      assert.throws(
        () => load(folder),
        (error: unknown) => {
          assert.ok(error instanceof InputError, String(error));
          assert.match(error.message, new RegExp(named));
          assert.match(error.message, reason);
          return true;
        },
      );
    });
  const image = SMALL[TRAIN_IMAGES] as Buffer;
  const label = SMALL[TEST_LABELS] as Buffer;

  it("refuses files that are missing, cut or of another kind", async () => {
    await checkRefused(
      { [TEST_LABELS]: null },
      TEST_LABELS,
      /lacks .*; it contains t10k-images-idx3-ubyte, train-images/,
    );
    await checkRefused({ [TRAIN_IMAGES]: Buffer.alloc(0) }, TRAIN_IMAGES, /truncated/);
    await checkRefused({ [TRAIN_IMAGES]: image.subarray(0, 15) }, TRAIN_IMAGES, /truncated/);
    await checkRefused({ [TRAIN_IMAGES]: image.subarray(0, 16) }, TRAIN_IMAGES, /truncated/);
    await checkRefused({ [TRAIN_IMAGES]: image.subarray(0, 39) }, TRAIN_IMAGES, /truncated/);
    await checkRefused({ [TRAIN_IMAGES]: Buffer.concat([image, Buffer.of(0)]) }, TRAIN_IMAGES, /too long/);
    await checkRefused({ [TEST_LABELS]: label.subarray(0, 9) }, TEST_LABELS, /truncated/);
    const shorts = Buffer.from(image);
    shorts[2] = 0x0b;
    await checkRefused({ [TRAIN_IMAGES]: shorts }, TRAIN_IMAGES, /0x00000b03/);
    const huge = idx([0xffffffff, 0xffffffff, 0xffffffff], []);
    await checkRefused({ [TRAIN_IMAGES]: huge }, TRAIN_IMAGES, /truncated/);
  });

  it("finds the files by all names they go by", async () => {
    const renamed = (name: (part: string, content: string, rank: number) => string): Files =>
      Object.fromEntries(
        Object.entries(SMALL).map(([file, content]) => {
          const [, part = "", what = "", rank] = /^(\w+)-(\w+)-idx(\d)/.exec(file) ?? [];
          return [name(part, what, Number(rank)), content];
        }),
      );
    await checkLoads(renamed((part, what, rank) => `${part}-${what}.idx${rank}-ubyte`));
    const emnist = renamed((part, what, rank) => {
      const subset = part === "t10k" ? "test" : part;
      return `emnist-letters-${subset}-${what}-idx${rank}-ubyte.gz`;
    });
    await checkLoads(emnist);
    await inTemporaryFolder((folder) => {
      writeFiles(folder, emnist);
      writeFiles(folder, SMALL);
      const count = (prefix: string) => load(folder, prefix).train.labels.length;
      assert.throws(
        () => count("auto"),
        /several datasets; set dataset\.prefix to one of emnist-letters, ""/,
      );
      assert.deepEqual([count(""), count("emnist-letters")], [4, 4]);
      assert.throws(
        () => count("emnist-digits"),
        /lacks emnist-digits-train-images-idx3-ubyte .*it contains emnist/,
      );
    });
  });

  it("exchanges rows and columns if that is asked for", () =>
    inTemporaryFolder((folder) => {
      writeFiles(folder, SMALL);
      const { train, test } = loadIdx({ directory: folder, prefix: "auto", transpose: true });
      const { shape, pixels } = inMemory(train);
      assert.deepEqual(shape, { height: 3, width: 2, channels: 1 });
      assert.deepEqual([...pixels.subarray(0, 12)], [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
      assert.deepEqual(inMemory(test as Part).shape, shape);
      const spec = datasetSpec({ name: "idx", directory: folder, validation: 1, transpose: true });
      assert.deepEqual(describeDataset(spec)?.shape, shape);
    }));

  it("counts classes from the first label there is", () =>
    inTemporaryFolder((folder) => {
      writeFiles(folder, {
        ...SMALL,
        [TRAIN_LABELS]: idx([4], [1, 2, 3, 2]),
        [TEST_LABELS]: idx([2], [2, 1]),
      });
      const { train, test, classNames } = load(folder);
      assert.deepEqual(
        [[...train.labels], [...test.labels]],
        [
          [0, 1, 2, 1],
          [1, 0],
        ],
      );
      assert.deepEqual(classNames, ["1", "2", "3"]);
    }));

  it("unpacks no more than the header announces", async () => {
    const zeros = Buffer.alloc(1 << 28);
    const bomb = gzipSync(Buffer.concat([image, zeros]));
    assert.ok(bomb.length < 1 << 19);
    const before = process.memoryUsage().arrayBuffers;
    await checkRefused(
      { [TRAIN_IMAGES]: bomb },
      TRAIN_IMAGES,
      /too long, the header announces 4 x 2 x 3 = 24/,
    );
    assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 26);
    const vast = gzipSync(idx([0x7fffffff, 28, 28], []));
    await checkRefused({ [TRAIN_IMAGES]: vast }, TRAIN_IMAGES, /do not fit into \d+ compressed bytes/);
  });

  it("refuses damaged gzip data", async () => {
    const gzipped = gzipSync(image);
    const flipped = Buffer.from(gzipped);
    flipped[gzipped.length - 6] = (flipped[gzipped.length - 6] as number) ^ 0xff;
    const name = `${TRAIN_IMAGES}.gz`;
    for (const damaged of [gzipped.subarray(0, gzipped.length - 9), gzipped.subarray(0, 2), flipped])
      await checkRefused({ [TRAIN_IMAGES]: null, [name]: damaged }, name, /gzip/);
  });

  it("refuses files that do not belong together", async () => {
    await checkRefused({ [TRAIN_LABELS]: idx([3], [0, 1, 2]) }, TRAIN_LABELS, /4 images.*3 labels/);
    await checkRefused(
      { [TRAIN_IMAGES]: SMALL[TRAIN_LABELS] as Buffer, [TRAIN_LABELS]: image },
      TRAIN_IMAGES,
      /magic|truncated/,
    );
    await checkRefused({ [TEST_LABELS]: SMALL[TEST_IMAGES] as Buffer }, TEST_LABELS, /magic/);
    await checkRefused({ [TEST_IMAGES]: idx([2, 3, 2], new Array(12).fill(0)) }, "3x2", /2x3/);
  });

  it("refuses a dataset without images, a missing folder and a folder in the place of a file", async () => {
    await checkRefused(
      { [TEST_IMAGES]: idx([0, 2, 3], []), [TEST_LABELS]: idx([0], []) },
      TEST_IMAGES,
      /no images/,
    );
    await inTemporaryFolder((folder) => {
      assert.throws(() => load(join(folder, "nowhere")), InputError);
      writeFiles(folder, SMALL);
      rmSync(join(folder, TEST_LABELS));
      mkdirSync(join(folder, TEST_LABELS));
      assert.throws(() => load(folder), InputError);
    });
  });
});

describe("Fashion-MNIST", () => {
  it("splits into 55,000, 5,000 and 10,000 images of ten classes", async function () {
    if (!existsSync(join(FASHION, `${TRAIN_IMAGES}.gz`))) this.skip();
    this.timeout(180_000);
    const dataset = await loadDataset(datasetSpec({ name: "idx", directory: FASHION, validation: 5000 }));
    const { train, validation, test, classes, shape } = dataset;
    assert.deepEqual([train.count, validation.count, test.count, classes], [55_000, 5000, 10_000, 10]);
    assert.deepEqual(shape, { height: 28, width: 28, channels: 1 });
    for (const [split, each] of [
      [train, 5500],
      [validation, 500],
      [test, 1000],
    ] as const)
      for (let label = 0; label < 10; label++)
        assert.equal(split.labels.filter((own: number) => own === label).length, each);
  });
});
