// A dataset -> a picture of some of its training images, one row per class, before and after their transforms.

import type { DatasetSpec } from "../config/experiment-spec.js";
import type { OpenDataset } from "../data/dataset.js";
import type { Image } from "../data/images.js";
import { readerOf } from "../data/read-image.js";
import { augmentation } from "../data/split.js";
import { transformed } from "../data/transforms/transforms.js";
import { permutation, randomStream } from "../random.js";

export interface ContactSheet {
  readonly png: Buffer;
  /** The classes of the rows. */
  readonly classNames: readonly string[];
}

const CELL = 64;
const GAP = 4;
const PER_CLASS = 6;
const MOST_CLASSES = 20;

/** Some images of each of the first classes, chosen at random: six as they are stored, then the same six as they are trained on. */
export async function contactSheet(
  { partition: { train, classNames } }: OpenDataset,
  { transforms }: DatasetSpec,
): Promise<ContactSheet> {
  const { default: sharp } = await import("sharp");
  const shown = classNames.slice(0, MOST_CLASSES);
  const { read, close } = readerOf(train.images);
  const cells: { input: Buffer; left: number; top: number }[] = [];
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
          cells.push({
            input: await thumbnail(one),
            left: GAP + (CELL + GAP) * (column + half * PER_CLASS) + half * 4 * GAP,
            top: GAP + (CELL + GAP) * label,
          });
      }
    }
  } finally {
    close();
  }
  const width = GAP + (CELL + GAP) * 2 * PER_CLASS + 4 * GAP;
  const height = GAP + (CELL + GAP) * shown.length;
  const sheet = sharp({ create: { width, height, channels: 3, background: "#ffffff" } });
  return { png: await sheet.composite(cells).png().toBuffer(), classNames: shown };

  /** As large as fits into a cell, without smoothing if it becomes larger. Of other than 1 or 3 channels, the first is shown. */
  function thumbnail({ shape: { height, width, channels }, pixels }: Image): Promise<Buffer> {
    const isPicture = channels === 1 || channels === 3;
    const data = isPicture ? pixels : pixels.filter((_, index) => index % channels === 0);
    return sharp(data, { raw: { width, height, channels: isPicture ? channels : 1 } })
      .resize(CELL, CELL, {
        fit: "contain",
        background: "#ffffff",
        kernel: Math.max(height, width) < CELL ? "nearest" : "lanczos3",
      })
      .toColourspace("srgb")
      .png()
      .toBuffer();
  }
}
