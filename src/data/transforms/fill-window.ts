// Covers a window of an image with one value.

import type { Image } from "../images.js";
import type { Window } from "./crop.js";

/** The window lies inside the image. */
export function fillWindow(
  { shape, pixels }: Image,
  { top, left, height, width }: Window,
  value: number,
): Image {
  const { channels } = shape;
  const changed = pixels.slice();
  for (let y = top; y < top + height; y++) {
    const start = (y * shape.width + left) * channels;
    changed.fill(value, start, start + width * channels);
  }
  return { shape, pixels: changed };
}
