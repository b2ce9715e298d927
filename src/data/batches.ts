// A split of a dataset -> batches of images and one-hot labels, in a given order.

import { inOrder } from "./in-order.js";
import type { Draw, Split } from "./split.js";

export interface Batch {
  readonly size: number;
  /** The number of images that are not padding. The padding is taken from the beginning of the order. */
  readonly count: number;
  /** [size, height, width, channels] */
  readonly images: Float32Array;
  /** [size, classes], one-hot. */
  readonly labels: Float32Array;
  /** [size] */
  readonly classes: Uint16Array;
}

/** The images `order[start]` to `order[start + size - 1]`. */
export interface BatchRange {
  readonly start: number;
  readonly size: number;
}

export interface Pass {
  /** The indices of the images in the split. */
  readonly order: Uint32Array;
  readonly batches: readonly BatchRange[];
  /** The length of one-hot labels: the number of outputs of the network, which may exceed the number of classes. */
  readonly classes: number;
  readonly draw: Draw;
}

/**
 * The batches of one pass over a split. Loads some of them before they are asked for, if threads can do that. The images of a batch
 * are overwritten once the next batch is asked for.
 */
export async function* loadBatches(split: Split, { batches, ...pass }: Pass): AsyncGenerator<Batch> {
  const spares: Float32Array[] = [];
  const coming = inOrder({
    count: batches.length,
    ahead: split.ahead,
    begin: (index) => takeBatch(split, { ...(batches[index] as BatchRange), ...pass, spare: spares.pop() }),
  });
  for await (const batch of coming) {
    yield batch;
    spares.push(batch.images);
  }
}

/** How an epoch is divided into batches, and these into groups of which the optimizer makes one step each. */
export interface Batching {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly accumulate: number;
}

/** The batches of an epoch. */
export function epochBatches(
  images: number,
  { batchSize, dropLast }: Omit<Batching, "accumulate">,
): BatchRange[] {
  return dropLast ? wholeBatches(images, batchSize) : batchesOf(images, batchSize);
}

/** The number of steps of the optimizer in an epoch. */
export function stepsPerEpoch(images: number, batching: Batching): number {
  return Math.ceil(epochBatches(images, batching).length / batching.accumulate);
}

/**
 * The start and size of each batch of an epoch. A single image left over joins the batch before it, because BatchNorm cannot
 * compute statistics from one value.
 */
export function batchesOf(images: number, size: number): BatchRange[] {
  const batches = Math.max(1, images % size === 1 ? Math.floor(images / size) : Math.ceil(images / size));
  return Array.from({ length: batches }, (_, index) => {
    const start = index * size;
    return { start, size: index === batches - 1 ? images - start : size };
  });
}

/** The batches of an epoch that leaves out the images of an incomplete last batch. */
export function wholeBatches(images: number, size: number): BatchRange[] {
  return equalBatches(images - (images % size), size);
}

/** Batches of equal size. The last one is padded with images from the beginning of the order. */
export function equalBatches(images: number, size: number): BatchRange[] {
  return Array.from({ length: Math.ceil(images / size) }, (_, index) => ({ start: index * size, size }));
}

/** One batch. After its end, the order starts again. */
export async function takeBatch(
  split: Split,
  {
    order,
    start,
    size,
    classes,
    draw,
    spare,
  }: BatchRange & Omit<Pass, "batches"> & { spare?: Float32Array | undefined },
): Promise<Batch> {
  const indices = Uint32Array.from(
    { length: size },
    (_, position) => order[(start + position) % order.length] as number,
  );
  const own = Uint16Array.from(indices, (index) => split.labels[index] as number);
  const labels = new Float32Array(size * classes);
  for (const [position, label] of own.entries()) labels[position * classes + label] = 1;
  return {
    size,
    count: Math.min(size, order.length - start),
    images: await split.load(indices, draw, spare),
    labels,
    classes: own,
  };
}
