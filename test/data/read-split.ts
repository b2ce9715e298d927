// Datasets as tests describe them, and the images of a split, for tests that look at all of them.

import assert from "node:assert/strict";
import type { DatasetSpec } from "../../src/config/experiment.js";
import { fillDefaults } from "../../src/config/fill-defaults.js";
import { type ImagesInMemory, type Part, sizeOf } from "../../src/data/images.js";
import { FIXED, type Split } from "../../src/data/split.js";

/** The description of a dataset with all defaults filled in. */
export function datasetSpec<Name extends DatasetSpec["name"]>(
  written: { readonly name: Name } & Readonly<Record<string, unknown>>,
): Extract<DatasetSpec, { name: Name }> {
  const { dataset } = fillDefaults("experiment", { dataset: written }) as { dataset: DatasetSpec };
  return dataset as Extract<DatasetSpec, { name: Name }>;
}

/** The images of a part of a dataset that is read as a whole. */
export function inMemory({ images }: Part): ImagesInMemory {
  assert.equal(images.kind, "memory");
  return images as ImagesInMemory;
}

/** [images, height, width, channels], normalised, in their order. */
export async function imagesOf(split: Split): Promise<Float32Array> {
  const all = await split.load(
    Uint32Array.from({ length: split.count }, (_, index) => index),
    FIXED,
  );
  assert.equal(all.length, split.count * sizeOf(split.shape));
  return all;
}
