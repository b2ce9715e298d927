// A dataset -> a picture of some of its training images, one row per class, before and after their transforms.

import type { DatasetSpec } from "../config/experiment-spec.js";
import type { OpenDataset } from "../data/dataset.js";
import { readerOf } from "../data/read-image.js";
import { augmentation } from "../data/split.js";
import { transformed } from "../data/transforms/transforms.js";
import { permutation, randomStream } from "../random.js";
import { imageGrid, type Placed } from "./image-grid.js";

export interface ContactSheet {
  readonly png: Buffer;
  /** The classes of the rows. */
  readonly classNames: readonly string[];
}

/** Pixels between what is stored and what is trained on. */
const BETWEEN = 16;
const PER_CLASS = 6;
const MOST_CLASSES = 20;

/** Some images of each of the first classes, chosen at random: six as they are stored, then the same six as they are trained on. */
export async function contactSheet(
  { partition: { train, classNames } }: OpenDataset,
  { transforms }: DatasetSpec,
): Promise<ContactSheet> {
  const shown = classNames.slice(0, MOST_CLASSES);
  const { read, close } = readerOf(train.images);
  const placed: Placed[] = [];
  try {
    for (const label of shown.keys()) {
      const positions = Array.from(train.indices.keys()).filter((at) => train.labels[at] === label);
      const chosen = permutation(positions.length, randomStream("contact sheet", label)).subarray(
        0,
        PER_CLASS,
      );
      for (const [column, choice] of chosen.entries()) {
        const position = positions[choice] as number;
        const image = await read(train.indices[position] as number);
        const after = transformed(image, transforms.train, randomStream(...augmentation(1, 1), position));
        for (const [half, one] of [image, after].entries())
          placed.push({ image: one, row: label, column: column + half * PER_CLASS, shift: half * BETWEEN });
      }
    }
  } finally {
    close();
  }
  return { png: await imageGrid(placed), classNames: shown };
}
