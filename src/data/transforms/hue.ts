// Shifts the hue of colours by way of Pillow's HSV, in which hue, saturation and value are bytes.

import type { Edit } from "../kernels.js";

/** `turns`: a share of the circle of hues, from -0.5 to 0.5. A grey image stays as it is. */
export function hue(turns: number): Edit {
  return (kernels, at, { height, width, channels }) => {
    if (channels === 3) kernels.shiftHue(at, height * width, Math.trunc(turns * 255));
  };
}
