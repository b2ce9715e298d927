// Changes brightness, contrast, saturation and hue at random, in random order (torchvision's ColorJitter).

import { permutation } from "../../random.js";
import { adjustBrightness, adjustContrast, adjustSaturation } from "./enhance.js";
import { adjustHue } from "./hue.js";
import { greyOrColour } from "./luminance.js";
import { rangeAround, uniformIn } from "./random-range.js";
import type { Transform } from "./transform.js";

/** Always draws the order and all four numbers. */
export const colorJitter: Transform<"colorJitter"> = {
  isRandom: true,
  shape: greyOrColour,
  apply: (image, { brightness, contrast, saturation, hue }, random) => {
    const factors = (range: number | readonly number[]) =>
      rangeAround(1, range).map((factor) => Math.max(0, factor));
    const order = permutation(4, random);
    const steps = [
      { adjust: adjustBrightness, range: factors(brightness), none: 1 },
      { adjust: adjustContrast, range: factors(contrast), none: 1 },
      { adjust: adjustSaturation, range: factors(saturation), none: 1 },
      { adjust: adjustHue, range: rangeAround(0, hue), none: 0 },
    ].map((step) => ({ ...step, amount: uniformIn(step.range, random) }));
    return Array.from(order, (index) => steps[index] as (typeof steps)[number])
      .filter(({ range, none }) => range.some((limit) => limit !== none))
      .reduce((current, { adjust, amount }) => adjust(current, amount), image);
  },
};
