// The description of a dataset -> its splits as a network sees them.

import { createHash } from "node:crypto";
import { canonical } from "../canonical.js";
import type { DatasetSpec } from "../config/experiment-spec.js";
import type { Shape } from "../network/graph.js";
import { DatasetError } from "./dataset-error.js";
import { checkSplits, holdOut } from "./hold-out.js";
import type { LabelledImages, RawDataset } from "./images.js";
import { channelStatistics, type Normalisation } from "./normalisation.js";
import type { Source } from "./sources/source.js";
import { SOURCES } from "./sources/sources.js";
import { type Split, splitFrom } from "./split.js";
import { afterFixed, shapeAfter } from "./transforms/transforms.js";

export interface Dataset {
  /** The shape of the images after their transforms. */
  readonly shape: Shape;
  readonly classes: number;
  /** In the order of the labels. */
  readonly classNames: readonly string[];
  /** Normalises all splits. Computed from the bytes of the training images after those transforms that are not random. */
  readonly normalisation: Normalisation;
  readonly train: Split;
  readonly validation: Split;
  readonly test: Split;
  /** SHA-256 of all pixels and labels of the three splits, in order, and of the transforms of test images. */
  readonly fingerprint: string;
}

/**
 * Returns the shape of the images after their transforms and the number of classes. Reads as little as the kind of dataset
 * allows. Throws the same InputError as loading if files are missing or damaged, or if splits or transforms do not fit.
 */
export function describeDataset(spec: DatasetSpec): { shape: Shape; classes: number } {
  const { shape, classes, images } = sourceOf(spec).describe(spec);
  if (images !== null && "train" in spec) checkSplits(spec, images);
  return { shape: transformedShape(spec, shape), classes };
}

/** Loads and splits a dataset. Throws InputError if files are missing or damaged, or if splits or transforms do not fit. */
export async function loadDataset(spec: DatasetSpec): Promise<Dataset> {
  const { train: all, validation: own, test } = await sourceOf(spec).open(spec);
  const { train, validation } = splitOf(spec, { train: all, validation: own });
  const shape = transformedShape(spec, train.shape);
  const { transforms } = spec;
  const normalisation = channelStatistics(afterFixed(train, transforms.train));
  const fixed = { shape, transforms: transforms.test, normalisation };
  return {
    shape,
    classes: train.classNames.length,
    classNames: train.classNames,
    normalisation,
    train: splitFrom(train, { shape, transforms: transforms.train, normalisation }),
    validation: splitFrom(validation, fixed),
    test: splitFrom(test, fixed),
    fingerprint: fingerprintOf([train, validation, test], transforms.test),
  };
}

function sourceOf({ name }: DatasetSpec): Source<DatasetSpec> {
  return SOURCES[name];
}

/** The shape of images after their transforms, which must be the same for training and test images. */
function transformedShape({ transforms }: DatasetSpec, input: Shape): Shape {
  const [train, test] = (["train", "test"] as const).map((part) => {
    const after = shapeAfter(input, transforms[part]);
    if ("shape" in after) return after.shape;
    const { index, problem } = after;
    throw new DatasetError({ code: "too-small", path: ["transforms", part, index] }, problem);
  }) as [Shape, Shape];
  const [trained, tested] = [train, test].map(
    ({ height, width, channels }) => `${height}x${width}x${channels}`,
  );
  if (trained !== tested)
    throw new DatasetError(
      { code: "unequal-shapes", path: ["transforms"] },
      `after their transforms, training images are ${trained}, but test images are ${tested}; they must have the same shape`,
    );
  return train;
}

/**
 * Sets validation images aside, unless the dataset has its own, and keeps as many of the remaining images for training as the
 * description asks for.
 */
function splitOf(
  spec: DatasetSpec,
  { train: all, validation: own }: Pick<RawDataset, "train" | "validation">,
) {
  const wanted = "train" in spec ? spec.train : "all";
  const held = own ? 0 : spec.validation;
  checkSplits({ train: wanted, validation: held }, all.labels.length);
  const { train: rest, validation } = own ? { train: all, validation: own } : holdOut(all, held);
  const count = wanted === "all" ? rest.labels.length : wanted;
  return { train: count === rest.labels.length ? rest : holdOut(rest, count).validation, validation };
}

function fingerprintOf(
  splits: readonly LabelledImages[],
  transforms: DatasetSpec["transforms"]["test"],
): string {
  const hash = createHash("sha256");
  for (const { pixels, labels, shape } of splits)
    hash
      .update(JSON.stringify([shape.height, shape.width, shape.channels, labels.length]))
      .update(pixels)
      .update(Uint16Array.from(labels));
  if (transforms.length > 0) hash.update(canonical(transforms));
  return hash.digest("hex");
}
