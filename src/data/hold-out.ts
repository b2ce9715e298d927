// Divides images into those to train on and those that are held out for validation or testing.

import { InputError } from "../diagnostic.js";
import { permutation, randomStream } from "../random.js";
import { DatasetError } from "./dataset-error.js";
import { type LabelledImages, sizeOf } from "./images.js";

/** The numbers of validation and training images, for a dataset without a validation set of its own. */
export interface SplitSpec {
  readonly validation: number;
  readonly train: number | "all";
}

/** `images`: the number of images that both splits are taken from. Throws DatasetError. */
export function checkSplits(spec: SplitSpec, images: number): void {
  if (spec.validation >= images)
    throw new DatasetError(
      { code: "too-few-images", path: ["validation"] },
      `dataset.validation asks for ${spec.validation} of ${images} images; some must be left to train on`,
    );
  const left = images - spec.validation;
  if (spec.train !== "all" && spec.train > left)
    throw new DatasetError(
      { code: "too-few-images", path: ["train"] },
      `dataset.train asks for ${spec.train} images, but only ${left} are left besides those for validation and testing`,
    );
}

/**
 * Sets `count` images aside, the same share of every class (rounded by largest remainders). They are always the same images,
 * because the split is a property of the dataset, not of a run's seed.
 */
export function holdOut(
  images: LabelledImages,
  count: number,
): { train: LabelledImages; validation: LabelledImages } {
  if (count >= images.labels.length)
    throw new InputError(
      `cannot take ${count} of ${images.labels.length} images; some must be left to train on`,
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

/** Divides `count` in proportion to `sizes` into integers that add up to it exactly. */
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
