// Makes images grey at random (torchvision's RandomGrayscale).

import { greyed, greyOrColour } from "./luminance.js";
import type { Transform } from "./transform.js";

export const randomGrayscale: Transform<"randomGrayscale"> = {
  isRandom: true,
  shape: greyOrColour,
  apply: (image, { p }, random) => (random.uniform() < p ? greyed(image) : image),
};
