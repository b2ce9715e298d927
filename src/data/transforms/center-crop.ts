// Cuts out the centre of images (torchvision's CenterCrop, which rounds half pixels to the even neighbour).

import { crop, shapeOfCrop, sizeOfCrop } from "./crop.js";
import { roundHalfToEven } from "./round.js";
import type { Transform } from "./transform.js";

export const centerCrop: Transform<"centerCrop"> = {
  isRandom: false,
  shape: (input, { size }) => shapeOfCrop(input, size, 0),
  apply: (image, { size }) => {
    const { height, width } = sizeOfCrop(size, image.shape);
    const top = roundHalfToEven((image.shape.height - height) / 2);
    const left = roundHalfToEven((image.shape.width - width) / 2);
    return crop(image, { top, left, height, width }, 0);
  },
};
