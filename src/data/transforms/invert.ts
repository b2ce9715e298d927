// Turns light into dark and dark into light (torchvision's invert).

import type { Transform } from "./transform.js";

export const invert: Transform<"invert"> = {
  isRandom: false,
  shape: (input) => input,
  apply: ({ shape, pixels }) => ({ shape, pixels: pixels.map((value) => 255 - value) }),
};
