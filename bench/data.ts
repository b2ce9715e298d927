// Loading beside our peer, and what loading costs training: prints tables, writes bench/results/data.json.
// Both sides of a comparison take turns, so that whatever else the machine does hits both; ratios are the result.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { formatTable } from "../src/format.js";
import type { LoaderRound } from "./loader-side.js";
import { writePhotos } from "./photos.js";
import { findPython } from "./python.js";
import { startTraining } from "./waiting.js";

const ROUNDS = 5;
const BATCH = 32;
const PHOTOS = { count: 400, classes: 4, width: 500, height: 375 } as const;
const OURS = fileURLToPath(new URL("loader-side.js", import.meta.url));
const PEER = fileURLToPath(new URL("../../bench/torchvision_peer.py", import.meta.url));
const RESULTS = fileURLToPath(new URL("../../bench/results/", import.meta.url));

/** As for ImageNet: crops of 224x224 from JPEG files, flipped, with changed colours, normalised. */
function photoDataset(path: string) {
  return {
    name: "folder",
    path,
    validation: 40,
    test: 1,
    normalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    transforms: {
      train: [
        { randomResizedCrop: { size: 224 } },
        { flip: { horizontal: 0.5 } },
        { colorJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 } },
      ],
      test: [{ resize: { size: 256 } }, { centerCrop: { size: 224 } }],
    },
  };
}

async function compareLoading(photos: string) {
  const python = findPython("torchvision");
  const rows = [];
  for (const threads of [1, 2]) {
    const settings = [String(threads), String(BATCH)];
    const sides = [
      start(process.execPath, [OURS, JSON.stringify(photoDataset(photos)), ...settings]),
      ...(python === null ? [] : [start(python, [PEER, photos, ...settings])]),
    ];
    const rounds = await inTurns(sides.map(({ round }) => round));
    for (const { stop } of sides) stop();
    const [ours, theirs] = rounds as [LoaderRound[], LoaderRound[]?];
    rows.push({ threads, ours, theirs: theirs ?? [] });
  }
  const median = (rounds: LoaderRound[], key: keyof LoaderRound) => middle(rounds.map((one) => one[key]));
  printTable(
    ["loaders", "images/s", "CPU ms an image", "torchvision: images/s", "CPU ms an image", "our speed"],
    rows.map(({ threads, ours, theirs }) => [
      String(threads),
      median(ours, "imagesPerSecond").toFixed(0),
      median(ours, "cpuMsPerImage").toFixed(2),
      ...(theirs.length === 0
        ? ["-", "-", "-"]
        : [
            median(theirs, "imagesPerSecond").toFixed(0),
            median(theirs, "cpuMsPerImage").toFixed(2),
            `${ratio(ours, theirs, "imagesPerSecond").toFixed(2)}x`,
          ]),
    ]),
  );
  return rows;
}

const CIFAR = {
  network: {
    stem: { filters: 16 },
    stages: [
      { block: "basic", repeat: 3, filters: 16 },
      { block: "basic", repeat: 3, filters: 32, stride: 2 },
      { block: "basic", repeat: 3, filters: 64, stride: 2 },
    ],
  },
  training: { batchSize: 128, optimizer: { name: "sgd", learningRate: 0.01 } },
} as const;

/** Images of the size of CIFAR's in memory: ten steps at a time, with and without the usual crops and flips. */
function cifarDataset(train: readonly object[]) {
  const images = { images: 1280, validation: 128, test: 128 };
  return {
    name: "synthetic",
    size: 32,
    channels: 3,
    classes: 10,
    ...images,
    transforms: { train, test: [] },
  };
}

const CROP_AND_FLIP = [{ randomCrop: { padding: 4 } }, { flip: { horizontal: 0.5 } }];

async function measureAugmentation() {
  const plain = await startTraining({ ...CIFAR, dataset: cifarDataset([]) }, 1);
  const augmented = await startTraining({ ...CIFAR, dataset: cifarDataset(CROP_AND_FLIP) }, 1);
  const rounds = await inTurns([plain.epoch, augmented.epoch]);
  await plain.close();
  await augmented.close();
  const [without, withThem] = rounds as [(typeof rounds)[0], (typeof rounds)[0]];
  const speed = ratio(withThem, without, "imagesPerSecond");
  printTable(
    ["ResNet-20, 32x32", "images/s", "engine waits"],
    [
      ["no augmentation", ...timesIn(without)],
      ["crop and flip", ...timesIn(withThem)],
    ],
  );
  process.stdout.write(`speed with crop and flip: ${(100 * speed).toFixed(1)} %\n\n`);
  return { without, withThem, speed };
}

/** A network so small that loading could be the slower part. */
const SMALL = {
  network: {
    stem: { filters: 16, kernel: 7, stride: 2, pool: { type: "max", kernel: 3, stride: 2 } },
    stages: CIFAR.network.stages,
  },
  training: { batchSize: BATCH, optimizer: { name: "sgd", learningRate: 0.01 } },
};

async function measureWaiting(photos: string) {
  const training = await startTraining({ ...SMALL, dataset: photoDataset(photos) }, 1);
  const [rounds = []] = await inTurns([training.epoch]);
  await training.close();
  printTable(["ResNet-20, 224x224", "images/s", "engine waits"], [["from JPEG files", ...timesIn(rounds)]]);
  return rounds;
}

function timesIn(rounds: readonly { imagesPerSecond: number; waiting: number }[]): string[] {
  return [
    middle(rounds.map(({ imagesPerSecond }) => imagesPerSecond)).toFixed(0),
    `${(100 * middle(rounds.map(({ waiting }) => waiting))).toFixed(1)} %`,
  ];
}

/** The results of all sides, after a round each that does not count. */
async function inTurns<Result>(sides: readonly (() => Promise<Result>)[]): Promise<Result[][]> {
  const results: Result[][] = sides.map(() => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [index, side] of sides.entries()) {
      const result = await side();
      if (round > 0) results[index]?.push(result);
    }
  return results;
}

/** The median of the ratios of rounds side by side. */
function ratio<Key extends string>(
  a: readonly Readonly<Record<Key, number>>[],
  b: readonly Readonly<Record<Key, number>>[],
  key: Key,
): number {
  return middle(a.map((one, round) => one[key] / (b[round] as Readonly<Record<Key, number>>)[key]));
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** A process that answers each line with a line of JSON. */
function start(command: string, words: readonly string[]) {
  const child: ChildProcess = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess["stdout"]> })[
    Symbol.asyncIterator
  ]();
  return {
    round: async () => {
      child.stdin?.write("\n");
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command} has ended`);
      return JSON.parse(value) as LoaderRound;
    },
    stop: () => child.stdin?.end(),
  };
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  process.stdout.write(
    `${formatTable(
      [...head],
      rows.map((row) => [...row]),
      { right: head.map((_, index) => index).slice(1) },
    )}\n\n`,
  );
}

const folder = mkdtempSync(join(tmpdir(), "squeezebox-bench-"));
try {
  process.env.SQUEEZEBOX_CACHE = join(folder, "cache");
  const photos = join(folder, "photos");
  await writePhotos(photos, PHOTOS);
  const loading = await compareLoading(photos);
  const augmenting = await measureAugmentation();
  const waiting = await measureWaiting(photos);
  mkdirSync(RESULTS, { recursive: true });
  const results = { date: new Date().toISOString(), loading, augmenting, waiting };
  writeFileSync(join(RESULTS, "data.json"), `${JSON.stringify(results, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
