// Changes images by one random operation of random magnitude (torchvision's TrivialAugmentWide; Müller and Hutter 2021).

import { type Extent, MAGNITUDES, OPS, type Op } from "./augment-ops.js";
import { greyOrColour } from "./luminance.js";
import type { Transform } from "./transform.js";

const EXTENT: Extent = {
  shear: 0.99,
  translation: () => 32,
  degrees: 135,
  enhancement: 0.99,
  posterize: 6,
};

/** Always draws three numbers: which operation, its magnitude and its sign. */
export const trivialAugment: Transform<"trivialAugment"> = {
  isRandom: true,
  shape: greyOrColour,
  apply: (image, { fill }, random) => {
    const op = OPS[random.integer(OPS.length)] as Op;
    const amount = op.amount(random.integer(MAGNITUDES), EXTENT, image.shape);
    const isNegative = random.integer(2) === 1;
    return op.apply(image, op.isSigned && isNegative ? -amount : amount, fill);
  },
};
