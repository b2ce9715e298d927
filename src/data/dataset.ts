// A dataset's description -> its splits, normalised; by the table of sources.

import { createHash } from "node:crypto";
import type { DatasetSpec } from "../config/experiment-spec.js";
import type { Shape } from "../network/graph.js";
import type { LabelledImages } from "./images.js";
import { channelStatistics, type Normalisation, normalise, type Split } from "./normalise.js";
import type { Source } from "./source.js";
import { SOURCES } from "./sources.js";
import { checkSplits, holdOut } from "./splits.js";

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

/**
 * Shape and number of classes, reading as little as the kind of dataset allows. Throws InputError as loading would where files
 * are missing, damaged or have too few images.
 */
export function describeDataset(spec: DatasetSpec): { shape: Shape; classes: number } {
  const { shape, classes, images } = sourceOf(spec).describe(spec);
  if (images !== null && "train" in spec) checkSplits(spec, images);
  return { shape, classes };
}

/** Loads, splits and normalises. Throws InputError where files are missing or damaged, or splits do not fit. */
export async function loadDataset(spec: DatasetSpec): Promise<Dataset> {
  const { train: all, validation: own, test } = await sourceOf(spec).open(spec);
  const { train, validation } = own ? { train: all, validation: own } : splitOf(spec, all);
  const normalisation = channelStatistics(train);
  return {
    shape: train.shape,
    classes: train.classNames.length,
    classNames: train.classNames,
    normalisation,
    train: normalise(train, normalisation),
    validation: normalise(validation, normalisation),
    test: normalise(test, normalisation),
    fingerprint: fingerprintOf([train, validation, test]),
  };
}

function sourceOf({ name }: DatasetSpec): Source<DatasetSpec> {
  return SOURCES[name];
}

/** Validation images are set aside from the training images; of the rest as many are kept as are asked for. */
function splitOf(spec: DatasetSpec, images: LabelledImages) {
  if (!("train" in spec)) throw new Error(`${spec.name} has no split of its own`);
  checkSplits(spec, images.labels.length);
  const { train: rest, validation } = holdOut(images, spec.validation);
  const wanted = spec.train === "all" ? rest.labels.length : spec.train;
  return { train: wanted === rest.labels.length ? rest : holdOut(rest, wanted).validation, validation };
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
