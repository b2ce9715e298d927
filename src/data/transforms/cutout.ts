// Covers a square around a random pixel (DeVries and Taylor 2017).

import { fillWindow } from "./fill-window.js";
import type { Transform } from "./transform.js";

export const cutout: Transform<"cutout"> = {
  isRandom: true,
  shape: (input) => input,
  apply: (image, { size, fill }, random) => {
    const [top, height] = covered(random.integer(image.shape.height), { size, length: image.shape.height });
    const [left, width] = covered(random.integer(image.shape.width), { size, length: image.shape.width });
    return fillWindow(image, { top, left, height, width }, fill);
  },
};

/** Returns the first covered pixel of a row or column and their number. */
function covered(centre: number, { size, length }: { size: number; length: number }): [number, number] {
  const start = centre - Math.floor(size / 2);
  const first = Math.max(0, start);
  return [first, Math.min(length, start + size) - first];
}
