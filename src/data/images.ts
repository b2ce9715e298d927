// What a source of images gives.

import type { Shape } from "../network/graph.js";

/** Images as bytes, image by image, height x width x channels (channels fastest), and a class each. */
export interface LabelledImages {
  readonly shape: Shape;
  /** In the order of the labels, from label 0. */
  readonly classNames: readonly string[];
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array | Uint16Array;
}

/** A dataset as its source divides it. */
export interface RawDataset {
  readonly train: LabelledImages;
  /** Null where the validation images have to be taken from the training images. */
  readonly validation: LabelledImages | null;
  readonly test: LabelledImages;
}

export function sizeOf({ height, width, channels }: Shape): number {
  return height * width * channels;
}
