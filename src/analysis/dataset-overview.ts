// A dataset -> what there is to know about it: counts, sizes, brightness, and images that are in several parts.

import { createHash } from "node:crypto";
import type { DatasetSpec } from "../config/experiment-spec.js";
import { dividedDataset, type OpenDataset } from "../data/dataset.js";
import { type PartName, shapeOf } from "../data/images.js";
import { channelSums } from "../data/normalisation.js";
import type { Selection } from "../data/partition.js";
import { eachImage } from "../data/prepare.js";
import type { OnProgress } from "../data/progress.js";

export const PARTS: readonly PartName[] = ["train", "validation", "test"];

export interface DatasetOverview {
  readonly classNames: readonly string[];
  /** The number of images of each class: [classes]. */
  readonly counts: Readonly<Record<PartName, readonly number[]>>;
  /** Height and width of the lowest, the highest, the narrowest and the widest image. */
  readonly sizes: { readonly heights: readonly [number, number]; readonly widths: readonly [number, number] };
  readonly channels: number;
  /** Of each channel of the training images as they are stored, for pixels from 0 to 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** The number of images in one part whose pixels are also those of a training image. */
  readonly duplicates: Readonly<Record<PartName, number>>;
  readonly broken: readonly string[];
  readonly otherFiles: number;
}

/** Reads every image. Throws InputError. */
export async function overviewOf(
  spec: DatasetSpec,
  onProgress: OnProgress,
): Promise<{ overview: DatasetOverview; open: OpenDataset }> {
  const open = await dividedDataset(spec, onProgress);
  const { raw, partition } = open;
  const { classNames, train } = partition;
  const { channels } = shapeOf(train.images, train.indices[0] as number);
  const sums = channelSums(channels);
  const trained = new Set<string>();
  const duplicates = { train: 0, validation: 0, test: 0 };
  for (const part of PARTS)
    await eachImage({ ...partition[part], fixed: [] }, `reading ${part} images`, { onProgress }, (image) => {
      if (part === "train") sums.add(image);
      const { height, width } = image.shape;
      const content = createHash("sha1").update(`${height}x${width} `).update(image.pixels).digest("base64");
      if (trained.has(content)) duplicates[part]++;
      else if (part === "train") trained.add(content);
    });
  const { mean, deviation } = sums.normalisation();
  return {
    open,
    overview: {
      classNames,
      counts: {
        train: countsOf(train, classNames.length),
        validation: countsOf(partition.validation, classNames.length),
        test: countsOf(partition.test, classNames.length),
      },
      sizes: sizesIn(PARTS.map((part) => partition[part])),
      channels,
      mean: mean.map((value) => value / 255),
      std: deviation.map((value) => value / 255),
      duplicates,
      broken: raw.broken,
      otherFiles: raw.otherFiles,
    },
  };
}

function countsOf({ labels }: Selection, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  return counts;
}

function sizesIn(parts: readonly Selection[]): DatasetOverview["sizes"] {
  const heights: [number, number] = [Number.POSITIVE_INFINITY, 0];
  const widths: [number, number] = [Number.POSITIVE_INFINITY, 0];
  for (const { images, indices } of parts)
    for (const index of images.kind === "encoded" ? indices : indices.subarray(0, 1)) {
      const { height, width } = shapeOf(images, index);
      heights[0] = Math.min(heights[0], height);
      heights[1] = Math.max(heights[1], height);
      widths[0] = Math.min(widths[0], width);
      widths[1] = Math.max(widths[1], width);
    }
  return { heights, widths };
}
