// Rotates, translates, scales and shears images at random (torchvision's RandomAffine).

import { inverseAffine } from "./affine-matrix.js";
import { rangeAround, uniformIn } from "./random-range.js";
import { roundHalfToEven } from "./round.js";
import { sample } from "./sample.js";
import type { Transform } from "./transform.js";

/** Always draws six numbers: angle, translations along x and y, scale, shears along x and y. */
export const affine: Transform<"affine"> = {
  isRandom: true,
  shape: (input) => input,
  apply: (image, { degrees, translate, scale, shear, fill, interpolation }, random) => {
    const { height, width } = image.shape;
    const angle = uniformIn(rangeAround(0, degrees), random);
    const [alongX = 0, alongY = 0] = translate;
    const shift = (most: number) => roundHalfToEven(uniformIn(rangeAround(0, most), random));
    const translation = [shift(alongX * width), shift(alongY * height)] as const;
    const enlarged = uniformIn(scale, random);
    const [leastX = 0, mostX = 0, leastY = 0, mostY = 0] = rangeAround(0, shear);
    const sheared = [uniformIn([leastX, mostX], random), uniformIn([leastY, mostY], random)] as const;
    const matrix = inverseAffine(
      { degrees: angle, translate: translation, scale: enlarged, shear: sheared },
      [width * 0.5, height * 0.5],
    );
    return sample(image, matrix, { fill, interpolation });
  },
};
