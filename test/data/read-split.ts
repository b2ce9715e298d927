// The images of a split, for tests that look at all of them.

import { sizeOf } from "../../src/data/images.js";
import { FIXED, type Split } from "../../src/data/split.js";

export const NO_TRANSFORMS = { train: [], test: [] } as const;

/** [images, height, width, channels], normalised, in their order. */
export function imagesOf(split: Split): Float32Array {
  const size = sizeOf(split.shape);
  const target = new Float32Array(split.count * size);
  for (let index = 0; index < split.count; index++)
    split.read(index, { target, offset: index * size }, FIXED);
  return target;
}
