// Resizes images (torchvision's Resize of a PIL image).

import type { Shape } from "../../network/graph.js";
import { sizeOfCrop } from "./crop.js";
import { resample } from "./resample.js";
import type { Transform } from "./transform.js";

export const resize: Transform<"resize"> = {
  isRandom: false,
  shape: (input, { size }) => ({ ...sizeOf(input, size), channels: input.channels }),
  apply: (image, { size, interpolation }) =>
    resample(image, { ...sizeOf(image.shape, size), filter: interpolation }),
};

/** A single number is the length of the shorter side. The longer side is rounded down, as in torchvision. */
function sizeOf(
  input: Shape,
  size: number | readonly number[],
): { readonly height: number; readonly width: number } {
  if (typeof size !== "number") return sizeOfCrop(size, input);
  const longer = (long: number, short: number) => Math.trunc((size * long) / short);
  return input.width <= input.height
    ? { height: longer(input.height, input.width), width: size }
    : { height: size, width: longer(input.width, input.height) };
}
