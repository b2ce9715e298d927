// Rotates images by a random angle (torchvision's RandomRotation).

import { rotation } from "./affine-matrix.js";
import { rangeAround, uniformIn } from "./random-range.js";
import { sample } from "./sample.js";
import type { Transform } from "./transform.js";

export const rotate: Transform<"rotate"> = {
  isRandom: true,
  shape: (input) => input,
  apply: (image, { degrees, fill, interpolation }, random) => {
    const angle = uniformIn(rangeAround(0, degrees), random);
    return sample(image, rotation(angle, image.shape), { fill, interpolation });
  },
};
