// One part of a dataset as a network sees it.

import type { TransformSpec } from "../config/experiment-spec.js";
import type { Shape } from "../network/graph.js";
import { randomStream } from "../random.js";
import { type Image, type Images, shapeOf, sizeOf } from "./images.js";
import { inOrder } from "./in-order.js";
import { type Normalisation, normalisationTable, normaliseInto } from "./normalisation.js";
import { readerOf } from "./read-image.js";
import { firstCut, transformed } from "./transforms/transforms.js";

export interface Split {
  readonly count: number;
  /** The number of classes in the dataset. */
  readonly classes: number;
  /** The shape of the images after their transforms. */
  readonly shape: Shape;
  /** [images] */
  readonly labels: Uint16Array;
  /** How many batches are worth asking for before the first one is used. */
  readonly ahead: number;
  /**
   * Transforms and normalises some images: [images, height, width, channels]. Rejects with InputError. `spare`: an earlier result
   * that nobody needs any more; if it has the right length, it is used for this one, which saves time.
   */
  load(indices: Uint32Array, draw: Draw, spare?: Float32Array): Promise<Float32Array>;
}

/** The labels of the stream of random numbers for an image, to which the index of the image is added. */
export type Draw = readonly (string | number)[];

/** For training: different random numbers in each epoch. */
export function augmentation(seed: number, epoch: number): Draw {
  return ["augment", seed, epoch];
}

/** For evaluation, during which no transform is random. */
export const FIXED: Draw = ["fixed"];

/** Everything that is needed to load images: plain data, of which threads receive copies. */
export interface SplitImages {
  readonly images: Images;
  /** Of the images of the split, in `images`. */
  readonly indices: Uint32Array;
  readonly transforms: readonly TransformSpec[];
  readonly normalisation: Normalisation;
  /** After the transforms. */
  readonly shape: Shape;
}

export interface SplitLoader {
  load: Split["load"];
  close(): void;
}

/** Loads images in this thread. */
export function splitLoader({ images, indices, transforms, normalisation, shape }: SplitImages): SplitLoader {
  const table = normalisationTable(normalisation);
  const reader = readerOf(images);
  const size = sizeOf(shape);
  const loadOne = async (index: number, draw: Draw): Promise<Image> => {
    const place = indices[index] as number;
    if (transforms.length === 0) return reader.read(place);
    const random = randomStream(...draw, index);
    const cut = firstCut(shapeOf(images, place), transforms, random);
    return cut
      ? cut.finish(await reader.read(place, cut.window))
      : transformed(await reader.read(place), transforms, random);
  };
  return {
    load: async (wanted, draw, spare) => {
      const target = spare?.length === wanted.length * size ? spare : new Float32Array(wanted.length * size);
      const ready = inOrder({
        count: wanted.length,
        ahead: IMAGES_AHEAD,
        begin: (position) => loadOne(wanted[position] as number, draw),
      });
      let position = 0;
      for await (const { pixels } of ready) {
        if (pixels.length !== size)
          throw new Error(`image ${wanted[position]} has changed its size since training began`);
        normaliseInto(target, position * size, { pixels, table });
        position++;
      }
      return target;
    },
    close: reader.close,
  };
}

/** The number of images that are decoded, by other threads, while another is transformed. */
const IMAGES_AHEAD = 3;

/** The number of images of each class: [classes]. */
export function imagesByClass({ labels, classes }: Pick<Split, "labels" | "classes">): Float64Array {
  const images = new Float64Array(classes);
  for (const label of labels) images[label] = (images[label] as number) + 1;
  return images;
}
