// Test images that a variant classifies correctly and its baseline does not, or the reverse -> a picture.

import type { DatasetSpec } from "../config/experiment-spec.js";
import { dividedDataset, testFingerprintOf } from "../data/dataset.js";
import { readerOf } from "../data/read-image.js";
import { InputError } from "../diagnostic.js";
import { imageGrid, type Placed } from "./image-grid.js";

const PER_ROW = 12;
const MOST_ROWS = 2;

/** The number of images that are shown of those in a list. */
export function shownOf(images: readonly number[]): number {
  return Math.min(images.length, PER_ROW * MOST_ROWS);
}

/**
 * Each list of indices in the test split becomes one picture, as the images are stored; null for an empty list. `tested`: the fingerprint of the
 * test images. Throws InputError if the dataset cannot be read, or is another one.
 */
export async function turnedImages(
  spec: DatasetSpec,
  tested: string,
  lists: readonly (readonly number[])[],
): Promise<(Buffer | null)[]> {
  const open = await dividedDataset(spec, () => {});
  if (testFingerprintOf(open) !== tested) throw new InputError("the dataset has changed since it was tested");
  const { test } = open.partition;
  const { read, close } = readerOf(test.images);
  try {
    const pictures: (Buffer | null)[] = [];
    for (const list of lists) {
      const placed: Placed[] = [];
      for (const [position, image] of list.slice(0, shownOf(list)).entries()) {
        const stored = test.indices[image];
        if (stored === undefined) continue;
        placed.push({
          image: await read(stored),
          row: Math.floor(position / PER_ROW),
          column: position % PER_ROW,
        });
      }
      pictures.push(placed.length === 0 ? null : await imageGrid(placed));
    }
    return pictures;
  } finally {
    close();
  }
}
