// Makes images grey (torchvision's Grayscale, with as many channels as before).

import { greyed, greyOrColour } from "./luminance.js";
import type { Transform } from "./transform.js";

export const grayscale: Transform<"grayscale"> = {
  isRandom: false,
  shape: greyOrColour,
  apply: greyed,
};
