// Images for tests of threads that load them.

import type { SplitImages } from "../../src/data/split.js";

/** Grey images of 2x2 pixels, which are their number from 0 on. */
export function numbered(count: number): SplitImages {
  const shape = { height: 2, width: 2, channels: 1 };
  const pixels = Uint8Array.from({ length: 4 * count }, (_, index) => Math.floor(index / 4));
  return {
    images: { kind: "memory", shape, pixels },
    indices: Uint32Array.from({ length: count }, (_, index) => index),
    transforms: [],
    normalisation: { mean: [0], deviation: [1] },
    shape,
  };
}
