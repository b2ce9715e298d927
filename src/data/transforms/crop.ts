// Cuts a window out of an image. The part of the window outside the image is filled with one value.

import type { Shape } from "../../network/graph.js";
import type { Image } from "../images.js";

export interface Window {
  /** May be negative. */
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

export function crop({ shape, pixels }: Image, { top, left, height, width }: Window, fill: number): Image {
  const { channels } = shape;
  const cropped = new Uint8Array(height * width * channels).fill(fill);
  const [first, last] = [Math.max(0, left), Math.min(shape.width, left + width)];
  for (let y = Math.max(0, top); y < Math.min(shape.height, top + height) && first < last; y++) {
    const row = pixels.subarray((y * shape.width + first) * channels, (y * shape.width + last) * channels);
    cropped.set(row, ((y - top) * width + first - left) * channels);
  }
  return { shape: { height, width, channels }, pixels: cropped };
}

/** `same` stands for the size of the image itself. */
export function sizeOfCrop(
  size: "same" | number | readonly [number, number] | readonly number[],
  input: Shape,
): { readonly height: number; readonly width: number } {
  if (size === "same") return { height: input.height, width: input.width };
  const [height, width] = typeof size === "number" ? [size, size] : (size as readonly [number, number]);
  return { height, width };
}

/** Returns the shape of a crop, or the reason why it does not fit into an image with this padding on each side. */
export function shapeOfCrop(
  input: Shape,
  size: Parameters<typeof sizeOfCrop>[0],
  padding: number,
): Shape | string {
  const { height, width } = sizeOfCrop(size, input);
  const [most, widest] = [input.height + 2 * padding, input.width + 2 * padding];
  return height > most || width > widest
    ? `a crop of ${height}x${width} does not fit into images of ${most}x${widest}${padding > 0 ? " including padding" : ""}`
    : { height, width, channels: input.channels };
}
