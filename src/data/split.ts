// One part of a dataset as a network sees it.

import type { TransformSpec } from "../config/experiment-spec.js";
import type { Shape } from "../network/graph.js";
import { type RandomStream, randomStream } from "../random.js";
import { imageOf, type LabelledImages } from "./images.js";
import { type Normalisation, normalisationTable, normaliseInto } from "./normalisation.js";
import { transformed } from "./transforms/transforms.js";

export interface Split {
  readonly count: number;
  /** The number of classes in the dataset. */
  readonly classes: number;
  /** The shape of the images after their transforms. */
  readonly shape: Shape;
  /** [images] */
  readonly labels: Uint8Array | Uint16Array;
  /** Transforms and normalises an image, and writes it to `target`, starting at `offset`: [height, width, channels]. */
  read(index: number, to: { readonly target: Float32Array; readonly offset: number }, draw: Draw): void;
}

/** Returns the random numbers for an image, which are the same in each call. */
export type Draw = (image: number) => RandomStream;

export interface SplitParts {
  readonly shape: Shape;
  readonly transforms: readonly TransformSpec[];
  readonly normalisation: Normalisation;
}

export function splitFrom(images: LabelledImages, { shape, transforms, normalisation }: SplitParts): Split {
  const table = normalisationTable(normalisation);
  return {
    count: images.labels.length,
    classes: images.classNames.length,
    shape,
    labels: images.labels,
    read: (index, { target, offset }, draw) => {
      const image = imageOf(images, index);
      const { pixels } = transforms.length > 0 ? transformed(image, transforms, draw(index)) : image;
      normaliseInto(target, offset, { pixels, table });
    },
  };
}

/** The number of images of each class: [classes]. */
export function imagesByClass({ labels, classes }: Pick<Split, "labels" | "classes">): Float64Array {
  const images = new Float64Array(classes);
  for (const label of labels) images[label] = (images[label] as number) + 1;
  return images;
}

/** For training: different random numbers in each epoch. */
export function augmentation(seed: number, epoch: number): Draw {
  return (image) => randomStream("augment", seed, epoch, image);
}

/** For evaluation, during which no transform is random. */
export const FIXED: Draw = () => randomStream("fixed");
