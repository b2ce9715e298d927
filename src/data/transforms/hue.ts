// Shifts the hue of colours by way of Pillow's HSV, in which hue, saturation and value are bytes. The results are the same bytes as
// Pillow's, for which only the hue has to be computed in 32-bit floating point, as there.

import type { Image } from "../images.js";

/** Which of red, green and blue is highest in each sixth of the circle of hues, which lowest, and which between them. */
const HIGHEST = Uint8Array.of(0, 1, 1, 2, 2, 0);
const LOWEST = Uint8Array.of(2, 2, 0, 0, 1, 1);
const BETWEEN = Uint8Array.of(1, 0, 2, 1, 0, 2);

/** By a share of the circle of hues, from -0.5 to 0.5. A grey image stays as it is. */
export function adjustHue(image: Image, turns: number): Image {
  const { shape, pixels } = image;
  if (shape.channels === 1) return image;
  const { sectors, depths } = circle(Math.trunc(turns * 255));
  const changed = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const [red, green, blue] = [pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number];
    const value = Math.max(red, green, blue);
    const range = value - Math.min(red, green, blue);
    if (range === 0) {
      changed[at] = changed[at + 1] = changed[at + 2] = value;
      continue;
    }
    const saturation = (((range / value) * 255) | 0) / 255;
    const hue = hueOf(red, green, blue, { value, range });
    const sector = sectors[hue] as number;
    changed[at + (HIGHEST[sector] as number)] = value;
    changed[at + (BETWEEN[sector] as number)] = rounded(value * (1 - saturation * (depths[hue] as number)));
    changed[at + (LOWEST[sector] as number)] = rounded(value * (1 - saturation));
  }
  return { shape, pixels: changed };
}

/**
 * For each hue, in which sixth of the circle it is after a shift, and how far the channel between the others is from the highest,
 * as a share of the distance of the lowest.
 */
function circle(shift: number): { sectors: Uint8Array; depths: Float64Array } {
  const [sectors, depths] = [new Uint8Array(256), new Float64Array(256)];
  for (let hue = 0; hue < 256; hue++) {
    const place = (((hue + shift) & 255) * 6) / 255;
    const sector = Math.floor(place) % 6;
    const fraction = place - Math.floor(place);
    sectors[hue] = sector;
    depths[hue] = sector % 2 === 1 ? fraction : 1 - fraction;
  }
  return { sectors, depths };
}

/** The hue of a colour as a byte; `value` is its highest channel, `range` that minus the lowest, which is not 0. */
function hueOf(
  red: number,
  green: number,
  blue: number,
  { value, range }: { value: number; range: number },
): number {
  const distance = (channel: number) => Math.fround((value - channel) / range);
  const sextant =
    red === value
      ? Math.fround(distance(blue) - distance(green))
      : green === value
        ? Math.fround(2 + distance(red) - distance(blue))
        : Math.fround(4 + distance(green) - distance(red));
  const turn = sextant / 6 + 1;
  return (Math.fround(turn >= 1 ? turn - 1 : turn) * 255) | 0;
}

function rounded(value: number): number {
  return (value + 0.5) | 0;
}
