// Pads images and cuts out a window at a random position (torchvision's RandomCrop; He et al. 2016 for CIFAR).

import { crop, shapeOfCrop, sizeOfCrop } from "./crop.js";
import type { Transform } from "./transform.js";

export const randomCrop: Transform<"randomCrop"> = {
  isRandom: true,
  shape: (input, { size, padding }) => shapeOfCrop(input, size, padding),
  apply: (image, { size, padding, fill }, random) => {
    const { height, width } = sizeOfCrop(size, image.shape);
    const place = (length: number, own: number) => random.integer(length + 2 * padding - own + 1) - padding;
    const [top, left] = [place(image.shape.height, height), place(image.shape.width, width)];
    return crop(image, { top, left, height, width }, fill);
  },
};
