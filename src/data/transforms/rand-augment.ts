// Changes images by a few random operations of one magnitude (torchvision's RandAugment; Cubuk et al. 2020).

import { type Extent, OPS, type Op } from "./augment-ops.js";
import { greyOrColour } from "./luminance.js";
import type { Transform } from "./transform.js";

const EXTENT: Extent = {
  shear: 0.3,
  translation: (length) => (150 / 331) * length,
  degrees: 30,
  enhancement: 0.9,
  posterize: 4,
};

/** Always draws two numbers per operation: which one, and its sign. */
export const randAugment: Transform<"randAugment"> = {
  isRandom: true,
  shape: greyOrColour,
  apply: (image, { n, m, fill }, random) => {
    let changed = image;
    for (let count = 0; count < n; count++) {
      const op = OPS[random.integer(OPS.length)] as Op;
      const isNegative = random.integer(2) === 1;
      const amount = op.amount(m, EXTENT, image.shape);
      changed = op.apply(changed, op.isSigned && isNegative ? -amount : amount, fill);
    }
    return changed;
  },
};
