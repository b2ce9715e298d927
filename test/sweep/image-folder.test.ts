import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { reproducible } from "./results.js";
import { type Started, start } from "./run-cli.js";

const IMAGES = 300;
const SIDE = 64;

const EXPERIMENT = {
  name: "photos",
  dataset: {
    name: "folder",
    path: "photos",
    validation: 40,
    test: 40,
    transforms: {
      train: [
        { randomResizedCrop: { size: 16 } },
        { flip: { horizontal: 0.5 } },
        { colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 } },
      ],
      test: [{ resize: { size: 16 } }],
    },
  },
  network: { stem: { filters: 8, stride: 2 }, stages: [{ block: "basic", repeat: 1, filters: 8 }] },
  training: { epochs: 2, batchSize: 32, optimizer: { name: "sgd", learningRate: 0.05 } },
};

/** JPEG files of noise around a colour of their class. */
async function writeImages(folder: string): Promise<void> {
  for (let index = 0; index < IMAGES; index++) {
    const own = join(folder, `class-${index % 2}`);
    mkdirSync(own, { recursive: true });
    const noise = { type: "gaussian", mean: 100 + 40 * (index % 2), sigma: 50 } as const;
    const size = { width: SIDE, height: SIDE, channels: 3 } as const;
    await sharp({ create: { ...size, background: "black", noise } })
      .jpeg()
      .toFile(join(own, `${index}.jpg`));
  }
}

describe("training on a folder of images", function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), "squeezebox-photos-"));
  const ownCache = process.env.SQUEEZEBOX_CACHE as string;
  let expected: Record<string, unknown>;

  const train = (runs: string, loaders: number) =>
    start(folder, "train", "photos.yaml", "--runs", runs, "--loaders", String(loaders));
  const resultsOf = async (runs: string, running: Started) => {
    const { code, output, errors } = await running.ended;
    assert.equal(code, 0, output + errors);
    return reproducible(join(folder, runs, "photos"));
  };
  /** A cache in which nothing is yet. */
  const emptyCache = (name: string) => {
    process.env.SQUEEZEBOX_CACHE = join(folder, name);
    return join(folder, name);
  };

  before(async () => {
    await writeImages(join(folder, "photos"));
    writeFileSync(join(folder, "photos.yaml"), JSON.stringify(EXPERIMENT));
    emptyCache("cache");
    expected = await resultsOf("one", train("one", 1));
  });

  after(() => {
    process.env.SQUEEZEBOX_CACHE = ownCache;
    rmSync(folder, { recursive: true, force: true });
  });

  it("has the same results with any number of loaders", async () => {
    const [none, three] = [train("none", 0), train("three", 3)];
    assert.deepEqual(await resultsOf("none", none), expected);
    assert.deepEqual(await resultsOf("three", three), expected);
  });

  it("has the same results after kill -9 while packing, and in the middle of an epoch", async () => {
    const cache = emptyCache("cache-killed");
    const packing = train("killed", 1);
    const entry = await incompleteEntry(cache);
    await packing.killGroup();
    assert.ok(statSync(join(entry, "content")).size < 220 * SIDE * SIDE * 3, "it was killed too late");
    const training = train("killed", 1);
    await training.until(/epoch 1\/2/);
    await training.killGroup();
    assert.ok(existsSync(join(entry, "table.json")));
    assert.deepEqual(await resultsOf("killed", train("killed", 1)), expected);
    assert.deepEqual(leftIn(cache), []);
  });

  it("has the same results in two processes that pack the same images", async () => {
    const cache = emptyCache("cache-shared");
    const both = [train("left", 1), train("right", 1)];
    for (const [index, name] of ["left", "right"].entries())
      assert.deepEqual(await resultsOf(name, both[index] as Started), expected);
    assert.deepEqual(leftIn(cache), []);
  });
});

/** The entry of the cache to which images are being written. */
async function incompleteEntry(cache: string): Promise<string> {
  for (;;) {
    for (const name of existsSync(cache) ? readdirSync(cache) : []) {
      const stat = statSync(join(cache, name, "content"), { throwIfNoEntry: false });
      if (stat && stat.size > 0) return join(cache, name);
    }
    await sleep(2);
  }
}

/** Whatever is in the cache besides complete entries. */
function leftIn(cache: string): string[] {
  return readdirSync(cache, { recursive: true, encoding: "utf8" }).filter(
    (name) => statSync(join(cache, name)).isFile() && !/(content|table\.json)$/.test(name),
  );
}
