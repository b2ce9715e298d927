// Changes brightness, contrast, saturation and hue at random, in random order (torchvision's ColorJitter).

import { permutation } from "../../random.js";
import { edited } from "../kernels.js";
import { brightness, contrast, saturation } from "./enhance.js";
import { hue } from "./hue.js";
import { greyOrColour } from "./luminance.js";
import { rangeAround, uniformIn } from "./random-range.js";
import type { Transform } from "./transform.js";

/** Always draws the order and all four numbers. */
export const colorJitter: Transform<"colorJitter"> = {
  isRandom: true,
  shape: greyOrColour,
  apply: (image, spec, random) => {
    const factors = (range: number | readonly number[]) =>
      rangeAround(1, range).map((factor) => Math.max(0, factor));
    const order = permutation(4, random);
    const steps = [
      { edit: brightness, range: factors(spec.brightness), none: 1 },
      { edit: contrast, range: factors(spec.contrast), none: 1 },
      { edit: saturation, range: factors(spec.saturation), none: 1 },
      { edit: hue, range: rangeAround(0, spec.hue), none: 0 },
    ].map((step) => ({ ...step, amount: uniformIn(step.range, random) }));
    const edits = Array.from(order, (index) => steps[index] as (typeof steps)[number])
      .filter(({ range, none }) => range.some((limit) => limit !== none))
      .map(({ edit, amount }) => edit(amount));
    return edited(image, edits);
  },
};
