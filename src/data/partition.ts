// The labels of a dataset -> which images are for training, validation and testing. No image is read.

import { InputError } from "../diagnostic.js";
import { permutation, randomStream } from "../random.js";
import { didYouMean } from "../suggest.js";
import { DatasetError } from "./dataset-error.js";
import type { Images, Part, PartName, RawDataset } from "./images.js";

/** How a description asks for a dataset to be divided. */
export interface PartitionSpec {
  /** A number of images or, if less than 1, a share of them. Ignored if the dataset has validation images of its own. */
  readonly validation: number;
  /** Like `validation`. */
  readonly test: number;
  /** The number of remaining images to train on. */
  readonly train: number | "all";
  /** The names of the classes to use, in the order of their labels. */
  readonly classes: "all" | readonly string[];
  /** The share of training images of each class that get a random label of another class. */
  readonly labelNoise: number;
  /** The number of training images in the first class divided by that in the last; between them, it falls exponentially. */
  readonly imbalance: number;
  /** The seed of every random choice made here. */
  readonly split: number;
}

/** Some of the images of a part. */
export interface Selection {
  /** The part of the source. */
  readonly part: PartName;
  readonly images: Images;
  /** Of the images in `images`, in the order of the selection. */
  readonly indices: Uint32Array;
  /** [selected images] */
  readonly labels: Uint16Array;
}

export interface Partition {
  /** In the order of the labels. */
  readonly classNames: readonly string[];
  readonly train: Selection;
  readonly validation: Selection;
  readonly test: Selection;
}

/** Throws DatasetError if there are too few images, or if a class does not exist. */
export function partitionOf(raw: RawDataset, spec: PartitionSpec): Partition {
  const classNames = chosenClasses(raw.classNames, spec.classes);
  const own = (part: PartName) => membersOf(raw, part, classNames);
  const all = own("train");
  const afterTest = raw.test
    ? { rest: all, held: own("test") }
    : heldOut(all, "test", spec, classNames.length);
  const { rest } = afterTest;
  const { rest: left, held: validation } = raw.validation
    ? { rest, held: own("validation") }
    : heldOut(rest, "validation", spec, classNames.length);
  if (spec.train !== "all" && spec.train > left.indices.length)
    throw tooFewLeft(spec.train, left.indices.length);
  const train =
    spec.train === "all" || spec.train === left.indices.length
      ? left
      : divide(left, spec.train, { classes: classNames.length, purpose: "train", seed: spec.split }).held;
  const imbalanced = spec.imbalance > 1 ? withImbalance(train, spec, classNames) : train;
  return {
    classNames,
    train: spec.labelNoise > 0 ? withNoise(imbalanced, spec, classNames.length) : imbalanced,
    validation,
    test: afterTest.held,
  };
}

/** `images`: the number of images that all parts are taken from. Throws DatasetError. */
export function checkCounts(spec: Pick<PartitionSpec, "validation" | "train">, images: number): void {
  const left = images - countToHold("validation", spec.validation, images);
  if (spec.train !== "all" && spec.train > left) throw tooFewLeft(spec.train, left);
}

/** The images of an array of labels that are held out, the same share of every class, and those that are not. */
export function holdOut(
  labels: ArrayLike<number>,
  count: number,
  { classes, purpose, seed }: { classes: number; purpose: string; seed: number },
): { readonly rest: Uint32Array; readonly held: Uint32Array } {
  const byClass = positionsByClass(labels, classes);
  const taken = new Uint8Array(labels.length);
  const sizes = byClass.map((members) => members.length);
  for (const [label, share] of shares(sizes, count).entries()) {
    const members = byClass[label] as number[];
    const order = permutation(members.length, randomStream("hold-out", purpose, seed, label));
    for (const position of order.subarray(0, share)) taken[members[position] as number] = 1;
  }
  const where = (wanted: number) => Uint32Array.from(taken.keys()).filter((index) => taken[index] === wanted);
  return { rest: where(0), held: where(1) };
}

function tooFewLeft(wanted: number, left: number): DatasetError {
  return new DatasetError(
    { code: "too-few-images", path: ["train"] },
    `dataset.train asks for ${wanted} images, but only ${left} are left besides those for validation and testing`,
  );
}

function countToHold(key: "validation" | "test", wanted: number, images: number): number {
  const count = wanted < 1 ? Math.max(1, Math.round(wanted * images)) : wanted;
  if (count < images) return count;
  throw new DatasetError(
    { code: "too-few-images", path: [key] },
    `dataset.${key} asks for ${count} of ${images} images; some must be left to train on`,
  );
}

function heldOut(selection: Selection, key: "validation" | "test", spec: PartitionSpec, classes: number) {
  const count = countToHold(key, spec[key], selection.indices.length);
  return divide(selection, count, { classes, purpose: key, seed: spec.split });
}

function divide(selection: Selection, count: number, how: Parameters<typeof holdOut>[2]) {
  const { rest, held } = holdOut(selection.labels, count, how);
  return { rest: pick(selection, rest), held: pick(selection, held) };
}

function pick({ indices, labels, ...where }: Selection, positions: Uint32Array): Selection {
  return {
    ...where,
    indices: positions.map((position) => indices[position] as number),
    labels: Uint16Array.from(positions, (position) => labels[position] as number),
  };
}

function chosenClasses(all: readonly string[], wanted: PartitionSpec["classes"]): readonly string[] {
  if (wanted === "all") return all;
  for (const [index, name] of wanted.entries())
    if (!all.includes(name))
      throw new DatasetError(
        { code: "not-allowed", path: ["classes", index] },
        `the dataset has no class \`${name}\`; it has ${all.slice(0, 20).join(", ")}${all.length > 20 ? ` and ${all.length - 20} more` : ""}${didYouMean(name, all)}`,
      );
  return wanted;
}

/** The images of the chosen classes, whose labels become the positions of their classes among the chosen ones. */
function membersOf(raw: RawDataset, part: PartName, chosen: readonly string[]): Selection {
  const { images, labels } = raw[part] as Part;
  const labelOf = new Map(chosen.map((name, label) => [name, label]));
  const newLabels = raw.classNames.map((name) => labelOf.get(name) ?? -1);
  const indices = Uint32Array.from(labels.keys()).filter(
    (index) => (newLabels[labels[index] as number] as number) >= 0,
  );
  const own = Uint16Array.from(indices, (index) => newLabels[labels[index] as number] as number);
  if (indices.length === 0) throw new InputError("one part of the dataset has no images of these classes");
  return { part, images, indices, labels: own };
}

/**
 * n_i = n ratio^(-i / (classes - 1)) images of class i (Cui et al. 2019), where n is the size of the smallest class. Throws
 * DatasetError if that has no images.
 */
function withImbalance(
  selection: Selection,
  { imbalance, split }: PartitionSpec,
  classNames: readonly string[],
): Selection {
  const classes = classNames.length;
  const byClass = positionsByClass(selection.labels, classes);
  const smallest = Math.min(...byClass.map((members) => members.length));
  if (smallest === 0) {
    const empty = byClass.findIndex((members) => members.length === 0);
    throw new DatasetError(
      { code: "too-few-images", path: ["imbalance"] },
      `dataset.imbalance needs training images of every class, but there are none of \`${classNames[empty]}\``,
    );
  }
  const kept = byClass.flatMap((members, label) => {
    const share = classes > 1 ? imbalance ** (-label / (classes - 1)) : 1;
    const order = permutation(members.length, randomStream("imbalance", split, label));
    const count = Math.max(1, Math.floor(smallest * share));
    return Array.from(order.subarray(0, count), (position) => members[position] as number);
  });
  return pick(selection, Uint32Array.from(kept).sort());
}

/** Symmetric noise: the same share of every class gets any of the other labels, with equal probability. */
function withNoise(selection: Selection, { labelNoise, split }: PartitionSpec, classes: number): Selection {
  const labels = selection.labels.slice();
  for (const [label, members] of positionsByClass(selection.labels, classes).entries()) {
    const random = randomStream("label-noise", split, label);
    const order = permutation(members.length, random);
    for (const position of order.subarray(0, Math.round(labelNoise * members.length)))
      labels[members[position] as number] = (label + 1 + random.integer(classes - 1)) % classes;
  }
  return { ...selection, labels };
}

function positionsByClass(labels: ArrayLike<number>, classes: number): number[][] {
  const byClass: number[][] = Array.from({ length: classes }, () => []);
  for (let index = 0; index < labels.length; index++)
    (byClass[labels[index] as number] as number[]).push(index);
  return byClass;
}

/** Divides `count` in proportion to `sizes` into integers that add up to it exactly, by largest remainders. */
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
