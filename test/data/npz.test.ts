import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { strToU8, unzipSync, zipSync } from "fflate";
import { describe, it } from "mocha";
import { loadDataset } from "../../src/data/dataset.js";
import type { Part } from "../../src/data/images.js";
import { parseNpy } from "../../src/data/sources/npy.js";
import { NPZ } from "../../src/data/sources/npz.js";
import { InputError } from "../../src/diagnostic.js";
import { squeezeboxIn } from "../squeezebox-in.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { datasetSpec, inMemory } from "./read-split.js";

const MEDMNIST = resolve("test/golden/medmnist.npz");
const KERAS = resolve("test/golden/keras.npz");
const FLOATS = resolve("test/golden/floats.npz");

const npz = (path: string, more: Readonly<Record<string, unknown>> = {}) =>
  datasetSpec({ name: "npz", path, validation: 4, ...more });

const open = async (path: string) => {
  const { test, ...rest } = await NPZ.open(npz(path), () => {});
  assert.ok(test);
  return { ...rest, test };
};

/** All pixels, as the script that wrote the file computes them. */
function checkPixels(part: Part, first: number, classes: number): void {
  const { labels } = part;
  const { pixels, shape } = inMemory(part);
  const { height, width, channels } = shape;
  const expected = Array.from({ length: labels.length * height * width * channels }, (_, index) => {
    const channel = index % channels;
    const x = Math.floor(index / channels) % width;
    const y = Math.floor(index / channels / width) % height;
    const image = first + Math.floor(index / channels / width / height);
    return (7 * image + 50 * channel + 2 * y + 3 * x) % 256;
  });
  assert.deepEqual([...pixels], expected);
  assert.deepEqual(
    [...labels],
    Array.from(labels, (_, index) => (first + index) % classes),
  );
}

/** The archive with some of its files replaced or, where null, removed. */
function changed(path: string, changes: Readonly<Record<string, Uint8Array | null>>): Buffer {
  const files = { ...unzipSync(readFileSync(path)), ...changes };
  return Buffer.from(
    zipSync(
      Object.fromEntries(Object.entries(files).filter(([, bytes]) => bytes !== null)) as Record<
        string,
        Uint8Array
      >,
    ),
  );
}

/** A file of NumPy with the given header, and as many zeros. */
function npy(type: string, shape: string, bytes: number): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }\n`;
  const start = Buffer.from([0x93, ...strToU8("NUMPY"), 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), Buffer.alloc(bytes)]);
}

describe("a NumPy archive", () => {
  it("of MedMNIST has colours, a validation set of its own and columns of labels", async () => {
    const { train, validation, test } = await open(MEDMNIST);
    const { shape } = inMemory(train);
    assert.deepEqual(shape, { height: 9, width: 7, channels: 3 });
    assert.ok(validation);
    checkPixels(train, 0, 4);
    checkPixels(validation, 24, 4);
    checkPixels(test, 30, 4);
    assert.deepEqual(NPZ.describe(npz(MEDMNIST)), { shape, classes: 4, images: null });
    const { train: few, validation: kept } = await loadDataset({ ...npz(MEDMNIST), train: 8 });
    assert.deepEqual([few.count, kept.count], [8, 6]);
    await assert.rejects(loadDataset({ ...npz(MEDMNIST), train: 25 }), /asks for 25 images/);
  });

  it("of Keras has grey images, here in Fortran order, and large integers as labels", async () => {
    const { train, validation, test } = await open(KERAS);
    assert.deepEqual(inMemory(train).shape, { height: 6, width: 5, channels: 1 });
    assert.equal(validation, null);
    checkPixels(train, 0, 3);
    checkPixels(test, 24, 3);
    const { train: rest, validation: held } = await loadDataset(npz(KERAS));
    assert.deepEqual([rest.count, held.count], [20, 4]);
  });

  it("of floating-point numbers, under any names, has the nearest of 256 levels of grey", async () => {
    for (const [name, floats] of [
      ["single", "0..1"],
      ["double", "0..1"],
      ["levels", "0..255"],
    ] as const) {
      const arrays = { train: [name, "species"], validation: ["double", "species"] };
      const raw = await NPZ.open(npz(FLOATS, { arrays, floats }), () => {});
      assert.deepEqual([...inMemory(raw.train).pixels], [...Array(256).keys()], name);
      assert.deepEqual(
        [...raw.train.labels],
        Array.from({ length: 16 }, (_, index) => index % 4),
      );
      assert.deepEqual([raw.validation?.labels.length, raw.test], [16, null]);
    }
  });

  it("with arrays under other names has the parts that are named, and no others", async () => {
    const arrays = { train: ["test_images", "test_labels"], test: ["train_images", "train_labels"] };
    const { train, validation, test } = await NPZ.open(npz(MEDMNIST, { arrays }), () => {});
    assert.ok(test);
    checkPixels(train, 30, 4);
    checkPixels(test, 0, 4);
    assert.equal(validation, null);
  });

  it("without test images has some of its training images for that", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "a.npz");
      writeFileSync(file, changed(KERAS, { "x_test.npy": null, "y_test.npy": null }));
      const { train, validation, test } = await loadDataset(npz(file));
      assert.deepEqual([train.count, validation.count, test.count], [15, 4, 5]);
      assert.equal((await loadDataset(npz(file, { test: 6 }))).test.count, 6);
    }));

  it("of floating-point numbers is an error unless their range is said and true", () =>
    inTemporaryFolder((folder) => {
      const file = join(folder, "f.npz");
      const rejects = (values: readonly number[], more: object, message: RegExp) => {
        const floats = Float32Array.from({ length: 720 }, (_, index) => values[index] ?? 0);
        const array = npy("<f4", "24, 6, 5", 0);
        const content = Buffer.concat([array, Buffer.from(floats.buffer)]);
        writeFileSync(file, changed(KERAS, { "x_train.npy": content }));
        assert.throws(() => NPZ.describe(npz(file, { ...more })), message);
      };
      rejects([], {}, /pixels are f4; say in dataset\.floats whether black to white is 0\.\.1 or 0\.\.255/);
      rejects([0, 1, 2], { floats: "0..1" }, /x_train: the value 2 is outside the declared range 0\.\.1/);
      rejects([0, 256], { floats: "0..255" }, /the value 256 is outside the declared range 0\.\.255/);
      rejects([-0.5], { floats: "0..255" }, /the value -0\.5 is outside/);
      rejects([Number.NaN], { floats: "0..1" }, /the value NaN is outside/);
    }));

  it("with an array that is named but absent is an error with a suggestion", () => {
    const named = (arrays: object) => () => NPZ.describe(npz(KERAS, { arrays }));
    assert.throws(
      named({ train: ["x_trian", "y_train"] }),
      /has no array x_trian.*did you mean `x_train`.*it has x_train, y_train, x_test, y_test/,
    );
    assert.throws(
      named({ train: ["x_train", "y_train"], test: ["images", "y_test"] }),
      /has no array images; it has/,
    );
  });

  it("that is damaged, incomplete or of another form is an error that says what to do", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "a.npz");
      const rejects = (content: Uint8Array, message: RegExp) => {
        writeFileSync(file, content);
        assert.throws(
          () => NPZ.describe(npz(file)),
          (error: unknown) =>
            error instanceof InputError && error.message.includes("a.npz") && message.test(error.message),
          String(message),
        );
      };
      const keras = (changes: Readonly<Record<string, Uint8Array | null>>) => changed(KERAS, changes);
      rejects(readFileSync(KERAS).subarray(0, 1000), /not a NumPy archive, or it is damaged/);
      rejects(Buffer.from("no archive"), /not a NumPy archive/);
      rejects(keras({ "x_train.npy": null }), /no array train_images or x_train; it has .*x_test/);
      rejects(keras({ "y_train.npy": null }), /has no array y_train.*; it has .*x_train/);
      rejects(keras({ "x_train.npy": strToU8("text") }), /x_train is not an array of NumPy/);
      rejects(
        keras({ "x_train.npy": npy("|u1", "24, 6, 5", 719) }),
        /24 x 6 x 5 \(u1\) has 720 bytes; found 719/,
      );
      rejects(
        keras({ "x_train.npy": npy("<f4", "24, 6, 5", 2880) }),
        /x_train: pixels are f4; say in dataset\.floats .*astype/,
      );
      rejects(
        keras({ "x_train.npy": npy("<i8", "24, 6, 5", 5760) }),
        /must be bytes \(uint8\); found i8.*astype/,
      );
      rejects(
        keras({ "x_train.npy": npy("|u1", "720", 720) }),
        /shape \[images, height, width\].*found \[720\]/,
      );
      rejects(keras({ "x_train.npy": npy("|u1", "24, 1, 6, 500", 72_000) }), /500 channels/);
      rejects(keras({ "x_train.npy": npy("|u1", "0, 6, 5", 0) }), /no images/);
      rejects(
        keras({ "x_test.npy": npy("|u1", "8, 5, 6", 240) }),
        /x_test has images of 5x6x1, but x_train of 6x5x1/,
      );
      rejects(
        keras({ "y_train.npy": npy("<i8", "24, 3", 576) }),
        /One-hot labels become numbers with \.argmax/,
      );
      rejects(keras({ "y_train.npy": npy("<i8", "23, ", 184) }), /23 labels for 24 images/);
      rejects(keras({ "y_train.npy": npy("<f8", "24, ", 192) }), /labels must be whole numbers; found f8/);
      rejects(keras({ "y_train.npy": npy("|O", "24, ", 192) }), /one of the types b1, u1/);
      const negative = Buffer.from(npy("|i1", "24, ", 24));
      negative[negative.length - 1] = 255;
      rejects(keras({ "y_train.npy": negative }), /label -1 of image 23; labels start at 0/);
    }));

  it("does not unpack to more than it announces", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "bomb.npz");
      const content = Buffer.from(zipSync({ "x_train.npy": new Uint8Array(1 << 26) }, { level: 9 }));
      // The size that the list of files at the end announces.
      content.writeUInt32LE(100, content.lastIndexOf("PK\u0001\u0002") + 24);
      writeFileSync(file, content);
      assert.throws(() => NPZ.describe(npz(file)), InputError);
    }));

  it("is read as NumPy writes its header, in every version of the format", () => {
    const python = "/usr/bin/python3";
    const script = `
import io, sys, numpy as np
for version in [(1, 0), (2, 0), (3, 0)]:
    out = io.BytesIO()
    np.lib.format.write_array(out, np.arange(6, dtype=">u2").reshape(2, 3), version=version)
    print(out.getvalue().hex())
`;
    let lines: string[];
    try {
      lines = execFileSync(python, ["-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
        .trim()
        .split("\n");
    } catch {
      return;
    }
    for (const line of lines) {
      const array = parseNpy(Buffer.from(line, "hex"), "a");
      assert.deepEqual(array.shape, [2, 3]);
      assert.deepEqual([0, 1, 2, 3, 4, 5].map(array.at), [0, 1, 2, 3, 4, 5]);
    }
  });

  it("is trained on", function () {
    this.timeout(180_000);
    return inTemporaryFolder(async (folder) => {
      copyFileSync(MEDMNIST, join(folder, "med.npz"));
      writeFileSync(
        join(folder, "e.yaml"),
        `name: e
dataset: { name: npz, path: med.npz, transforms: { train: [flip: {}] } }
network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }], se: { r: 2 } }
training: { epochs: 1, batchSize: 8 }
`,
      );
      const { test_loss, test_errors_by_class } = squeezeboxIn(folder)("train", "e.yaml");
      assert.ok(Number.isFinite(test_loss) && (test_errors_by_class as number[]).length === 4);
    });
  });
});
