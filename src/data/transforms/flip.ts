// Mirrors images at random (torchvision's RandomHorizontalFlip and RandomVerticalFlip).

import type { Image } from "../images.js";
import type { Transform } from "./transform.js";

export const flip: Transform<"flip"> = {
  isRandom: true,
  shape: (input) => input,
  apply: (image, { horizontal, vertical }, random) => {
    const [leftRight, upDown] = [random.uniform() < horizontal, random.uniform() < vertical];
    return leftRight || upDown ? mirrored(image, { leftRight, upDown }) : image;
  },
};

function mirrored(
  { shape, pixels }: Image,
  { leftRight, upDown }: { leftRight: boolean; upDown: boolean },
): Image {
  const { height, width, channels } = shape;
  const flipped = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const to = ((upDown ? height - 1 - y : y) * width + (leftRight ? width - 1 - x : x)) * channels;
      for (let channel = 0; channel < channels; channel++)
        flipped[to + channel] = pixels[from + channel] as number;
    }
  return { shape, pixels: flipped };
}
