import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, it } from "mocha";
import type { Part, RawDataset } from "../../src/data/images.js";
import { CIFAR10, CIFAR100 } from "../../src/data/sources/cifar.js";
import { InputError } from "../../src/diagnostic.js";
import { squeezeboxIn } from "../squeezebox-in.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { datasetSpec, inMemory } from "./read-split.js";

const TEN = resolve("test/golden/cifar-10-binary.tar.gz");
const HUNDRED = resolve("test/golden/cifar-100-binary.tar.gz");

const ten = (path: string) => datasetSpec({ name: "cifar10", path, validation: 4 });
const hundred = (labels: "fine" | "coarse") =>
  datasetSpec({ name: "cifar100", path: HUNDRED, labels, validation: 4 });
const open10 = async (path: string) => CIFAR10.open(ten(path), () => {});
const open100 = async (labels: "fine" | "coarse") => CIFAR100.open(hundred(labels), () => {});

/** Pixel y, x of each channel, as the script that wrote the file computes it. */
function checkPixels(part: Part, first: number): void {
  const { pixels } = inMemory(part);
  for (const [image, y, x] of [
    [0, 0, 0],
    [3, 31, 0],
    [7, 5, 30],
  ] as const)
    for (const channel of [0, 1, 2])
      assert.equal(
        pixels[((image * 32 + y) * 32 + x) * 3 + channel],
        (7 * (first + image) + 50 * channel + 2 * y + 3 * x) % 256,
      );
}

function unpack(archive: string, folder: string): string {
  execFileSync("tar", ["-xzf", archive, "-C", folder]);
  return folder;
}

describe("CIFAR", () => {
  const check = async (raw: Promise<RawDataset>, [train, test]: [number[], number[]], names: string[]) => {
    const found = await raw;
    assert.ok(found.test);
    assert.equal(found.validation, null);
    assert.deepEqual([...found.train.labels], train);
    assert.deepEqual([...found.test.labels], test);
    assert.deepEqual(inMemory(found.train).shape, { height: 32, width: 32, channels: 3 });
    assert.deepEqual(found.classNames.slice(0, 3), names);
    checkPixels(found.train, 0);
    checkPixels(found.test, 30);
  };
  const numbers = (start: number, end: number, label: (image: number) => number) =>
    Array.from({ length: end - start }, (_, index) => label(start + index));
  const tens: [number[], number[]] = [numbers(0, 30, (i) => i % 10), numbers(30, 40, (i) => i % 10)];

  it("10 is read from the archive as downloaded", () =>
    check(open10(TEN), tens, ["airplane", "automobile", "bird"]));

  it("10 is read from the folder, and from the folder that it was unpacked in", () =>
    inTemporaryFolder(async (folder) => {
      unpack(TEN, folder);
      await check(open10(folder), tens, ["airplane", "automobile", "bird"]);
      const inner = join(folder, "cifar-10-batches-bin");
      await check(open10(inner), tens, ["airplane", "automobile", "bird"]);
      assert.deepEqual(CIFAR10.describe(ten(inner)), {
        shape: { height: 32, width: 32, channels: 3 },
        classes: 10,
        images: null,
      });
    }));

  it("100 has fine and coarse labels", async () => {
    const fine: [number[], number[]] = [numbers(0, 30, (i) => 99 - i), numbers(30, 40, (i) => 99 - i)];
    const coarse: [number[], number[]] = [numbers(0, 30, (i) => i % 20), numbers(30, 40, (i) => i % 20)];
    await check(open100("fine"), fine, ["fine_0", "fine_1", "fine_2"]);
    await check(open100("coarse"), coarse, ["coarse_0", "coarse_1", "coarse_2"]);
    assert.equal(CIFAR100.describe(hundred("coarse"))?.classes, 20);
  });

  it("that is damaged, incomplete or another version is an error with the name of the file", () =>
    inTemporaryFolder(async (folder) => {
      const rejects = (path: string, message: RegExp) =>
        assert.rejects(
          async () => {
            CIFAR10.describe(ten(path));
            await open10(path);
          },
          (error: unknown) => error instanceof InputError && message.test(error.message),
          `${path}: ${message}`,
        );
      const archive = join(folder, "cut.tar.gz");
      await rejects(join(folder, "none.tar.gz"), /there is no file or folder .*none\.tar\.gz/);
      copyFileSync(TEN, archive);
      truncateSync(archive, 2000);
      await rejects(archive, /cut\.tar\.gz is not an archive or is damaged/);
      writeFileSync(archive, "no archive at all");
      await rejects(archive, /cut\.tar\.gz is not an archive/);
      const tar = join(folder, "cut.tar");
      writeFileSync(tar, gunzipSync(readFileSync(TEN)).subarray(0, 30_000));
      await rejects(tar, /cut\.tar/);
      await rejects(HUNDRED, /lacks data_batch_1\.bin/);
      const python = join(folder, "python");
      mkdirSync(python);
      writeFileSync(join(python, "data_batch_1"), "");
      await rejects(
        python,
        /lacks data_batch_1\.bin; it has the files of the Python version; download the binary/,
      );
      const inner = join(unpack(TEN, folder), "cifar-10-batches-bin");
      const batch = join(inner, "data_batch_3.bin");
      const bytes = readFileSync(batch);
      writeFileSync(batch, bytes.subarray(1));
      await rejects(inner, /data_batch_3\.bin has 18437 bytes, which is not a multiple of 3073/);
      bytes[3073] = 10;
      writeFileSync(batch, bytes);
      await rejects(inner, /data_batch_3\.bin: record 2 has the label 10; labels must be from 0 to 9/);
      rmSync(batch);
      symlinkSync("/dev/zero", batch);
      await rejects(inner, /data_batch_3\.bin: it is not a regular file/);
      rmSync(batch);
      writeFileSync(join(inner, "batches.meta.txt"), "cat\ndog\n");
      await rejects(inner, /lacks data_batch_3\.bin/);
      await rejects("/dev/zero", /neither a folder nor a regular file/);
    }));

  it("is not read from an archive that unpacks without end", function () {
    this.timeout(180_000);
    return inTemporaryFolder(async (folder) => {
      // The header of a file of 8 GB, and as many zeros as a few kilobytes can be unpacked to.
      const header = Buffer.from(gunzipSync(readFileSync(TEN)).subarray(512, 1024));
      header.write("77777777777\0", 124, "latin1");
      header.fill(" ", 148, 156);
      const checksum = header.reduce((sum, byte) => sum + byte, 0);
      header.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
      const bomb = join(folder, "bomb.tar.gz");
      const zeros = gzipSync(Buffer.alloc(1 << 26), { level: 9 });
      writeFileSync(bomb, Buffer.concat([gzipSync(header), ...Array(10).fill(zeros)]));
      const start = process.memoryUsage().rss;
      await assert.rejects(
        open10(bomb),
        (error: unknown) =>
          error instanceof InputError && /bomb\.tar\.gz unpacks to more than \d+ bytes/.test(error.message),
      );
      assert.ok(process.memoryUsage().rss - start < 500 * 2 ** 20);
    });
  });

  it("is trained on, with crop and flip", function () {
    this.timeout(180_000);
    return inTemporaryFolder(async (folder) => {
      copyFileSync(TEN, join(folder, "cifar.tar.gz"));
      writeFileSync(
        join(folder, "e.yaml"),
        `name: e
dataset:
  name: cifar10
  path: cifar.tar.gz
  validation: 10
  transforms: { train: [randomCrop: {}, flip: {}] }
network: { stem: { filters: 8, stride: 2 }, stages: [{ block: basic, filters: 8 }], se: { r: 2 } }
training: { epochs: 1, batchSize: 10 }
`,
      );
      const { test_loss, test_errors_by_class } = squeezeboxIn(folder)("train", "e.yaml");
      assert.ok(Number.isFinite(test_loss) && (test_errors_by_class as number[]).length === 10);
      assert.ok(existsSync(join(folder, "runs", "e", "seed-1", "result.csv")));
    });
  });
});
