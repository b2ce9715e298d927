// Fills a random rectangle with one value (torchvision's RandomErasing; Zhong et al. 2017).

import type { Shape } from "../../network/graph.js";
import type { RandomStream } from "../../random.js";
import type { Image } from "../images.js";
import { roundHalfToEven } from "./round.js";
import type { Transform } from "./transform.js";

/** The number of rectangles that torchvision tries before it leaves an image unchanged. */
const ATTEMPTS = 10;

/**
 * torchvision draws sizes until a rectangle is lower and narrower than the image, and then draws its position. If none of ten
 * sizes fits, nothing is erased. Here, the numbers are drawn in the same order, but always all of them: whether to erase, ten
 * sizes (area, then ratio), top and left. Since the first size that fits is used, the distribution is that of torchvision, and
 * later transforms draw the same numbers whatever happens here.
 */
export const randomErasing: Transform<"randomErasing"> = {
  isRandom: true,
  shape: (input) => input,
  apply: (image, { p, scale, ratio, value }, random) => {
    const { shape } = image;
    const isErased = random.uniform() < p;
    const sizes = Array.from({ length: ATTEMPTS }, () => drawSize(shape, { scale, ratio }, random));
    const fitting = sizes.find(({ height, width }) => height < shape.height && width < shape.width);
    const { height, width } = fitting ?? { height: 0, width: 0 };
    const top = random.integer(shape.height - height + 1);
    const left = random.integer(shape.width - width + 1);
    return isErased ? erased(image, { top, left, height, width }, value) : image;
  },
};

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Both the area and the logarithm of the ratio of height to width are uniformly distributed. */
function drawSize(
  shape: Shape,
  { scale, ratio }: { scale: readonly number[]; ratio: readonly number[] },
  random: RandomStream,
): Size {
  const between = ([low, high]: readonly number[]) =>
    (low as number) + random.uniform() * ((high as number) - (low as number));
  const area = shape.height * shape.width * between(scale);
  const heightToWidth = Math.exp(between(ratio.map(Math.log)));
  return {
    height: roundHalfToEven(Math.sqrt(area * heightToWidth)),
    width: roundHalfToEven(Math.sqrt(area / heightToWidth)),
  };
}

function erased(
  { shape, pixels }: Image,
  { top, left, height, width }: Size & { readonly top: number; readonly left: number },
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
