// Images as bytes.

import type { Shape } from "../network/graph.js";

export interface Image {
  readonly shape: Shape;
  /** [height, width, channels], channels fastest. */
  readonly pixels: Uint8Array;
}

/** Images of the same shape, one after another, each with a class. */
export interface LabelledImages {
  readonly shape: Shape;
  /** In the order of the labels, from label 0. */
  readonly classNames: readonly string[];
  /** [images, height, width, channels] */
  readonly pixels: Uint8Array;
  /** [images] */
  readonly labels: Uint8Array | Uint16Array;
}

/** A dataset, divided as in its source. */
export interface RawDataset {
  readonly train: LabelledImages;
  /** Null if the validation images are to be taken from the training images. */
  readonly validation: LabelledImages | null;
  readonly test: LabelledImages;
}

/** A view of one image. */
export function imageOf({ shape, pixels }: LabelledImages, index: number): Image {
  const size = sizeOf(shape);
  return { shape, pixels: pixels.subarray(index * size, (index + 1) * size) };
}

export function sizeOf({ height, width, channels }: Shape): number {
  return height * width * channels;
}
