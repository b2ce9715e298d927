import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import threads from "node:worker_threads";
import { after, afterEach, before, describe, it } from "mocha";
import { type Batch, batchesOf, loadBatches } from "../../src/data/batches.js";
import { loadDataset } from "../../src/data/dataset.js";
import { type Loaders, loadersFor } from "../../src/data/loaders.js";
import { checksumOf } from "../../src/data/read-image.js";
import { augmentation, FIXED, type Split, type SplitImages } from "../../src/data/split.js";
import { InputError } from "../../src/diagnostic.js";
import { permutation, randomStream } from "../../src/random.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { numbered } from "./numbered.js";
import { datasetSpec } from "./read-split.js";

const CHILD = fileURLToPath(new URL("loader-child.js", import.meta.url));
const MOVED = { randomCrop: { size: "same", padding: 2 } };
const FLIPPED = { flip: { horizontal: 0.5, vertical: 0.5 } };

const synthetic = (train: readonly object[]) =>
  datasetSpec({ name: "synthetic", images: 90, test: 20, validation: 20, transforms: { train } });

/** All batches of two epochs of training images, and of the test images. */
async function everyBatch(loaders: number): Promise<readonly Batch[]> {
  const { train, test, close } = await loadDataset(synthetic([MOVED, FLIPPED]), {
    loaders,
    onProgress: () => {},
  });
  assert.equal(train.ahead > 0, loaders > 0);
  const found: Batch[] = [];
  for (const [split, epoch] of [
    [train, 1],
    [train, 2],
    [test, 0],
  ] as const) {
    const order = permutation(split.count, randomStream("order", epoch));
    const draw = epoch > 0 ? augmentation(1, epoch) : FIXED;
    const pass = { order, batches: batchesOf(split.count, 16), classes: 4, draw };
    for await (const batch of loadBatches(split, pass))
      found.push({ ...batch, images: batch.images.slice() });
  }
  close();
  return found;
}

/** Loads by so many threads, which end with the test. */
async function withLoaders(
  splits: readonly SplitImages[],
  count: number,
  use: (loaders: Loaders) => Promise<void>,
): Promise<void> {
  const loaders = loadersFor(splits, count);
  try {
    await use(loaders);
  } finally {
    loaders.close();
  }
}

/** The number of threads that have been started here and have not ended. */
let running = 0;

class CountedWorker extends threads.Worker {
  constructor(...words: ConstructorParameters<typeof threads.Worker>) {
    super(...words);
    running++;
    this.once("exit", () => running--);
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 100, "it does not happen");
    await sleep(50);
  }
}

describe("threads that load images", function () {
  this.timeout(180_000);
  const { Worker } = threads;
  const use = (worker: typeof Worker) => {
    Object.assign(threads, { Worker: worker });
    syncBuiltinESMExports();
  };
  before(() => use(CountedWorker));
  after(() => use(Worker));
  afterEach(() => until(() => running === 0));

  it("give the same batches, bit for bit, however many there are", async () => {
    const [none, ...others] = [await everyBatch(0), await everyBatch(1), await everyBatch(3)];
    assert.equal(none.length, 6 + 6 + 2);
    assert.notDeepEqual(none[0], none[6], "epochs differ");
    for (const batches of others) assert.deepEqual(batches, none);
  });

  it("are not started for images that only have to be normalised", async () => {
    const { train, close } = await loadDataset(synthetic([]), { loaders: 3, onProgress: () => {} });
    assert.deepEqual([train.ahead, running], [0, 0]);
    close();
  });

  for (const count of [0, 2])
    it(`pass on what is wrong with a file, and go on: ${count}`, () =>
      inTemporaryFolder(async (folder) => {
        const { images: plain, ...rest } = numbered(8);
        assert.ok(plain.kind === "memory");
        const file = join(folder, "packed");
        const checksums = Uint32Array.from({ length: 8 }, (_, index) =>
          checksumOf(plain.pixels.subarray(4 * index, 4 * index + 4)),
        );
        const damaged = plain.pixels.slice();
        damaged[12] = 200;
        writeFileSync(file, damaged);
        const images = { kind: "packed", shape: plain.shape, file, checksums } as const;
        await withLoaders([{ ...rest, images }], count, async ({ splits: [load] }) => {
          assert.ok(load);
          for (let time = 0; time < 3; time++) {
            const wanted = [Uint32Array.of(0, 1), Uint32Array.of(2, 3), Uint32Array.of(7)];
            const results: readonly PromiseSettledResult<Float32Array>[] = await Promise.allSettled(
              wanted.map((one) => load(one, FIXED)),
            );
            const [first, broken, last] = results;
            assert.deepEqual(first, { status: "fulfilled", value: Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1) });
            assert.deepEqual(last, { status: "fulfilled", value: Float32Array.of(7, 7, 7, 7) });
            assert.ok(broken?.status === "rejected" && broken.reason instanceof InputError);
            assert.ok(broken.reason.message.includes(file), broken.reason.message);
          }
        });
      }));

  it("pass on mistakes of the program as such, not as mistakes of the user", async () => {
    const wrong = { ...numbered(4), shape: { height: 3, width: 2, channels: 1 } };
    for (const count of [0, 1])
      await withLoaders([wrong], count, ({ splits: [load] }) =>
        assert.rejects(
          async () => load?.(Uint32Array.of(1), FIXED),
          (error: unknown) => !(error instanceof InputError) && /has changed its size/.test(String(error)),
        ),
      );
  });

  it("end when they are closed, and so does waiting for them", async () => {
    const { splits, close } = loadersFor([numbered(200)], 3);
    const load = splits[0] as (typeof splits)[number];
    await load(Uint32Array.of(0), FIXED);
    assert.equal(running, 3);
    const pending = Array.from({ length: 60 }, () => load(new Uint32Array(4000), FIXED));
    close();
    const results = await Promise.allSettled(pending);
    assert.ok(results.some(({ status }) => status === "rejected"));
    await until(() => running === 0);
    await assert.rejects(load(Uint32Array.of(0), FIXED), /thread that loads images has ended/);
  });

  const childOf = async (how: "all" | "idle" | "early") => {
    const child = spawn(process.execPath, [CHILD, how]);
    const written = { output: "", errors: "" };
    child.stdout.on("data", (text: Buffer) => {
      written.output += text;
    });
    child.stderr.on("data", (text: Buffer) => {
      written.errors += text;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const [code, signal] = await once(child, "close");
    clearTimeout(timer);
    return { code, signal, ...written };
  };

  it("keep a process alive only while it waits for them", async () => {
    assert.deepEqual(await childOf("all"), {
      ...{ code: 0, signal: null, errors: "" },
      output: "0 8 16 24 32 40 48 56 ",
    });
  });

  it("do not keep a process alive that never asks for an image", async () => {
    assert.deepEqual(await childOf("idle"), { code: 0, signal: null, errors: "", output: "" });
  });

  it("may fail to load what nobody waits for any more", async () => {
    assert.deepEqual(await childOf("early"), { code: 0, signal: null, errors: "", output: "56 " });
  });
});

describe("loadBatches", () => {
  /** Image k is the number k. Batches are ready in reverse order, if several are asked for. */
  function splitWith(ahead: number) {
    const asked: number[] = [];
    const split: Split = {
      ...{ count: 12, classes: 2, shape: { height: 1, width: 1, channels: 1 }, labels: new Uint16Array(12) },
      ahead,
      load: async (indices) => {
        asked.push(indices[0] as number);
        await sleep(40 - 3 * (indices[0] as number));
        if (indices.includes(8)) throw new InputError("image 8 is broken");
        return Float32Array.from(indices);
      },
    };
    const order = Uint32Array.from({ length: 12 }, (_, index) => index);
    return { split, asked, pass: { order, batches: batchesOf(12, 2), classes: 2, draw: FIXED } };
  }

  it("asks for as many batches in advance as the split says, and gives them in order", async () => {
    for (const ahead of [0, 1, 3, 100]) {
      const { split, asked, pass } = splitWith(ahead);
      const found: number[] = [];
      const all = async () => {
        for await (const { images } of loadBatches(split, pass)) {
          found.push(images[0] as number);
          const most = Math.min(6, found.length + ahead);
          assert.equal(asked.length, most, `after ${found.length} batches`);
        }
      };
      await assert.rejects(all, /image 8 is broken/);
      assert.deepEqual(found, [0, 2, 4, 6]);
      assert.deepEqual(
        asked,
        [...asked].sort((a, b) => a - b),
      );
    }
  });
});
