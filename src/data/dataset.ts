// Which images a dataset has: loading by kind, splitting, normalising. Typed arrays only.

import { createHash } from "node:crypto";
import type { DatasetSpec } from "../config/experiment.js";
import { InputError } from "../diagnostic.js";
import type { Shape } from "../network/graph.js";
import { permutation, randomStream } from "../random.js";
import { loadIdx, readIdxInput } from "./idx.js";
import type { LabelledImages, RawDataset } from "./images.js";
import { loadMnistDigits, MNIST_IMAGES, MNIST_INPUT } from "./mnist.js";
import { loadSynthetic, syntheticInput } from "./synthetic.js";

/** Images ready for a network: normalised to mean 0 and standard deviation 1 of the training split, by channel. */
export interface Split {
  readonly count: number;
  /** That there are in the dataset. */
  readonly classes: number;
  readonly shape: Shape;
  readonly images: Float32Array;
  readonly labels: Uint8Array | Uint16Array;
}

export interface Dataset {
  readonly shape: Shape;
  readonly classes: number;
  /** In the order of the labels. */
  readonly classNames: readonly string[];
  /** Of the training images' bytes, by channel: what all splits are normalised by. */
  readonly normalisation: Normalisation;
  readonly train: Split;
  readonly validation: Split;
  readonly test: Split;
  /** SHA-256 over all pixels and labels of the three splits, in order. */
  readonly fingerprint: string;
}

/** More images are asked for than there are. */
export class SplitError extends InputError {
  constructor(
    /** Of the dataset, that asks for them. */
    readonly key: "validation" | "train",
    message: string,
  ) {
    super(message);
  }
}

/**
 * Shape and number of classes, reading as little as the kind of dataset allows. Throws InputError as loading would where files
 * are missing, damaged or have too few images.
 */
export function describeDataset(spec: DatasetSpec): { shape: Shape; classes: number } {
  switch (spec.name) {
    case "mnist":
      checkSplits(spec, MNIST_IMAGES - MNIST_TEST_IMAGES);
      return MNIST_INPUT;
    case "idx": {
      const { images, ...input } = readIdxInput(spec);
      checkSplits(spec, images);
      return input;
    }
    case "synthetic":
      return syntheticInput(spec);
  }
}

const MNIST_TEST_IMAGES = 1000;

/** `images`: those that validation images are taken from. */
function checkSplits(spec: Exclude<DatasetSpec, { name: "synthetic" }>, images: number): void {
  if (spec.validation >= images)
    throw new SplitError(
      "validation",
      `dataset.validation asks for ${spec.validation} of ${images} images: some must be left to train on`,
    );
  const left = images - spec.validation;
  if (spec.train !== "all" && spec.train > left)
    throw new SplitError(
      "train",
      `dataset.train asks for ${spec.train} images; beside those for validation and testing there are ${left}`,
    );
}

/** Loads, splits and normalises. Throws InputError where files are missing or damaged, or splits do not fit. */
export async function loadDataset(spec: DatasetSpec): Promise<Dataset> {
  const raw = await loadRaw(spec);
  if (spec.name !== "synthetic") checkSplits(spec, raw.train.labels.length);
  const { train, validation } = raw.validation
    ? { train: raw.train, validation: raw.validation }
    : holdOut(raw.train, spec.validation);
  const wanted = "train" in spec && spec.train !== "all" ? spec.train : train.labels.length;
  const kept = wanted === train.labels.length ? train : holdOut(train, wanted).validation;
  const normalisation = channelStatistics(kept);
  return {
    shape: kept.shape,
    classes: kept.classNames.length,
    classNames: kept.classNames,
    normalisation,
    train: normalise(kept, normalisation),
    validation: normalise(validation, normalisation),
    test: normalise(raw.test, normalisation),
    fingerprint: fingerprintOf([kept, validation, raw.test]),
  };
}

function loadRaw(spec: DatasetSpec): Promise<RawDataset> | RawDataset {
  switch (spec.name) {
    case "mnist": {
      const digits = loadMnistDigits();
      const { train, validation: test } = holdOut(digits, MNIST_TEST_IMAGES);
      return { train, validation: null, test };
    }
    case "idx":
      return loadIdx(spec);
    case "synthetic":
      return loadSynthetic(spec);
  }
}

/**
 * Sets `count` images aside, the same share of every class (largest remainders), always the same ones: the split is a
 * property of the dataset, not of a run's seed.
 */
export function holdOut(
  images: LabelledImages,
  count: number,
): { train: LabelledImages; validation: LabelledImages } {
  if (count >= images.labels.length)
    throw new InputError(
      `cannot take ${count} images from ${images.labels.length}: some must be left to train on`,
    );
  const byClass: number[][] = images.classNames.map(() => []);
  images.labels.forEach((label, index) => {
    (byClass[label] as number[]).push(index);
  });
  const taken = new Uint8Array(images.labels.length);
  shares(
    byClass.map((members) => members.length),
    count,
  ).forEach((share, label) => {
    const members = byClass[label] as number[];
    const order = permutation(members.length, randomStream("hold-out", label));
    for (const position of order.subarray(0, share)) taken[members[position] as number] = 1;
  });
  const pick = (wanted: number) =>
    select(
      images,
      Array.from(taken.keys()).filter((index) => taken[index] === wanted),
    );
  return { train: pick(0), validation: pick(1) };
}

/** `count` divided in proportion to `sizes`, adding up exactly. */
function shares(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((a, b) => a + b, 0);
  const exact = sizes.map((size) => (total === 0 ? 0 : (size * Math.min(count, total)) / total));
  const result = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  let missing = Math.min(count, total) - result.reduce((a, b) => a + b, 0);
  for (const { index } of byRemainder) {
    if (missing <= 0) break;
    result[index] = (result[index] as number) + 1;
    missing--;
  }
  return result;
}

function select(images: LabelledImages, indices: readonly number[]): LabelledImages {
  const size = sizeOf(images.shape);
  const pixels = new Uint8Array(indices.length * size);
  indices.forEach((index, position) => {
    pixels.set(images.pixels.subarray(index * size, (index + 1) * size), position * size);
  });
  return { ...images, pixels, labels: Uint16Array.from(indices, (index) => images.labels[index] as number) };
}

/** Mean and standard deviation of each channel, in units of pixels from 0 to 255; 1 where a channel does not vary. */
export interface Normalisation {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function channelStatistics({ pixels, shape: { channels } }: LabelledImages): Normalisation {
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const perChannel = pixels.length / channels;
  for (let index = 0; index < pixels.length; index++) {
    const channel = index % channels;
    const value = pixels[index] as number;
    sum[channel] = (sum[channel] as number) + value;
    squares[channel] = (squares[channel] as number) + value * value;
  }
  const mean = sum.map((value) => value / perChannel);
  const deviation = squares.map(
    (value, channel) => Math.sqrt(Math.max(value / perChannel - (mean[channel] as number) ** 2, 0)) || 1,
  );
  return { mean, deviation };
}

function normalise(
  { pixels, labels, shape, classNames }: LabelledImages,
  { mean, deviation }: Normalisation,
): Split {
  // A byte has 256 values: one table a channel.
  const tables = Array.from(mean, (average, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value - average) / (deviation[channel] as number)),
  );
  const images = new Float32Array(pixels.length);
  for (let index = 0; index < pixels.length; index++) {
    images[index] = (tables[index % shape.channels] as Float32Array)[pixels[index] as number] as number;
  }
  return { count: labels.length, classes: classNames.length, shape, images, labels };
}

function fingerprintOf(splits: readonly LabelledImages[]): string {
  const hash = createHash("sha256");
  for (const { pixels, labels, shape } of splits)
    hash
      .update(JSON.stringify([shape.height, shape.width, shape.channels, labels.length]))
      .update(pixels)
      .update(Uint16Array.from(labels));
  return hash.digest("hex");
}

export function sizeOf({ height, width, channels }: Shape): number {
  return height * width * channels;
}
