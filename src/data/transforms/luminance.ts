// Images of one or three channels, and their luminance (luma, to be exact, as in Pillow).

import type { Shape } from "../../network/graph.js";
import type { Image } from "../images.js";

/** Returns the shape itself, or why images of this shape are neither grey nor in colour. */
export function greyOrColour(input: Shape): Shape | string {
  return input.channels === 1 || input.channels === 3
    ? input
    : `only images of 1 channel (grey) or 3 (red, green, blue) can be changed so; these have ${input.channels}`;
}

/** ITU-R 601-2 luma in 16-bit fixed point, as Pillow's convert("L"). */
function luma(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
}

/** The luma of an image of one or three channels: [height, width]. */
export function luminance({ shape, pixels }: Image): Uint8Array {
  if (shape.channels === 1) return pixels;
  const grey = new Uint8Array(shape.height * shape.width);
  for (let to = 0, at = 0; to < grey.length; to++, at += 3)
    grey[to] = luma(pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number);
  return grey;
}

/** Replaces every channel by the luminance. */
export function greyed(image: Image): Image {
  const { shape } = image;
  if (shape.channels === 1) return image;
  const grey = luminance(image);
  const pixels = new Uint8Array(image.pixels.length);
  for (let from = 0, at = 0; from < grey.length; from++, at += 3)
    pixels[at] = pixels[at + 1] = pixels[at + 2] = grey[from] as number;
  return { shape, pixels };
}
