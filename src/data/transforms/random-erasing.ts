// Fills a random rectangle with one value (torchvision's RandomErasing; Zhong et al. 2017).

import { fillWindow } from "./fill-window.js";
import { drawSides } from "./random-rectangle.js";
import type { Transform } from "./transform.js";

/**
 * torchvision draws sizes until a rectangle is lower and narrower than the image, and then draws its position. If none of ten
 * sizes fits, nothing is erased. Here, the numbers are drawn in the same order, but always all of them: whether to erase, ten
 * sizes (area, then ratio of height to width), top and left.
 */
export const randomErasing: Transform<"randomErasing"> = {
  isRandom: true,
  shape: (input) => input,
  apply: (image, { p, scale, ratio, value }, random) => {
    const { shape } = image;
    const isErased = random.uniform() < p;
    const sizes = drawSides({ area: shape.height * shape.width, scale, ratio }, random);
    const fits = ([height, width]: readonly [number, number]) => height < shape.height && width < shape.width;
    const [height, width] = sizes.find(fits) ?? [0, 0];
    const top = random.integer(shape.height - height + 1);
    const left = random.integer(shape.width - width + 1);
    return isErased ? fillWindow(image, { top, left, height, width }, value) : image;
  },
};
