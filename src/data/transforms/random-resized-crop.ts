// Resizes a random part of images (torchvision's RandomResizedCrop; Szegedy et al. 2015).

import type { TransformSpecs } from "../../config/experiment-spec.js";
import type { Shape } from "../../network/graph.js";
import type { RandomStream } from "../../random.js";
import { crop, sizeOfCrop } from "./crop.js";
import { drawSides } from "./random-rectangle.js";
import { resample } from "./resample.js";
import { roundHalfToEven } from "./round.js";
import type { Cut, Transform } from "./transform.js";

/** Always draws the same numbers: ten sizes (area, then ratio of width to height), top and left. */
export const randomResizedCrop: Transform<"randomResizedCrop"> = {
  isRandom: true,
  shape: (input, { size }) => ({ ...sizeOfCrop(size, input), channels: input.channels }),
  apply: (image, spec, random) => {
    const { window, finish } = cut(image.shape, spec, random);
    return finish(crop(image, window, 0));
  },
  cut,
};

function cut(
  shape: Shape,
  { size, scale, ratio, interpolation }: TransformSpecs["randomResizedCrop"],
  random: RandomStream,
): Cut {
  const sizes = drawSides({ area: shape.height * shape.width, scale, ratio }, random);
  const drawn = sizes.find(
    ([width, height]) => width > 0 && width <= shape.width && height > 0 && height <= shape.height,
  );
  const [width, height] = drawn ?? largest(shape, ratio);
  const [below, beside] = [shape.height - height, shape.width - width];
  const [anyTop, anyLeft] = [random.integer(below + 1), random.integer(beside + 1)];
  const [top, left] = drawn ? [anyTop, anyLeft] : [Math.floor(below / 2), Math.floor(beside / 2)];
  const target = { ...sizeOfCrop(size, shape), filter: interpolation };
  return { window: { top, left, height, width }, finish: (part) => resample(part, target) };
}

/**
 * Width and height of the largest part whose ratio is allowed, but at least one pixel; torchvision takes it from the centre if
 * nothing drawn fits.
 */
function largest({ height, width }: Shape, ratio: readonly number[]): readonly [number, number] {
  const [least, most] = ratio as readonly [number, number];
  const rounded = (side: number) => Math.max(1, roundHalfToEven(side));
  if (width / height < least) return [width, rounded(width / least)];
  return width / height > most ? [rounded(height * most), height] : [width, height];
}
