// Mirrors images at random (torchvision's RandomHorizontalFlip and RandomVerticalFlip).

import type { Image } from "../images.js";
import { PADDING, withMemory } from "../kernels.js";
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
  const rows = upDown ? inReverse(pixels, width * channels) : pixels;
  if (!leftRight) return { shape, pixels: rows };
  const room = pixels.length + PADDING;
  const mirrored = withMemory(2 * room, (kernels, bytes, from) => {
    const to = from + room;
    bytes.set(rows, from);
    kernels.mirrorRows(from, height, width, channels, to);
    return bytes.slice(to, to + pixels.length);
  });
  return { shape, pixels: mirrored };
}

function inReverse(pixels: Uint8Array, length: number): Uint8Array {
  const reversed = new Uint8Array(pixels.length);
  for (let start = 0; start < pixels.length; start += length)
    reversed.set(pixels.subarray(start, start + length), pixels.length - length - start);
  return reversed;
}
