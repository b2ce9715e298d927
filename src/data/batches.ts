// A split of a dataset -> batches of images and one-hot labels, in a given order.

import { sizeOf } from "./images.js";
import type { Split } from "./normalise.js";

export interface Batch {
  /** How many images are asked for; those behind, from the beginning of the order again, fill up the batch. */
  readonly count: number;
  /** [size, height, width, channels] */
  readonly images: Float32Array;
  /** [size, classes], one-hot. */
  readonly labels: Float32Array;
  /** [size] */
  readonly classes: Uint16Array;
}

/**
 * Where the batches of an epoch begin and how many images each has. A single image that would be left over joins the batch
 * before it: BatchNorm of one value is no statistics.
 */
export function batchesOf(images: number, size: number): { readonly start: number; readonly size: number }[] {
  const batches = Math.max(1, images % size === 1 ? Math.floor(images / size) : Math.ceil(images / size));
  return Array.from({ length: batches }, (_, index) => {
    const start = index * size;
    return { start, size: index === batches - 1 ? images - start : size };
  });
}

/** Images `order[start ..]`, `size` of them; past its end the order begins again. */
export function takeBatch(
  split: Split,
  { order, start, size, classes }: { order: Uint32Array; start: number; size: number; classes: number },
): Batch {
  const length = sizeOf(split.shape);
  const count = Math.min(size, order.length - start);
  const batch: Batch = {
    count,
    images: new Float32Array(size * length),
    labels: new Float32Array(size * classes),
    classes: new Uint16Array(size),
  };
  for (let position = 0; position < size; position++) {
    const index = order[(start + position) % order.length] as number;
    const label = split.labels[index] as number;
    batch.images.set(split.images.subarray(index * length, (index + 1) * length), position * length);
    batch.labels[position * classes + label] = 1;
    batch.classes[position] = label;
  }
  return batch;
}
