// Shifts the hue of colours by way of Pillow's HSV, in which hue, saturation and value are bytes, with its mixture of 32-bit and
// 64-bit floating point, so that the results are the same bytes.

import type { Image } from "../images.js";

/** Which of red, green and blue is highest in each sixth of the circle of hues, which lowest, and which between them. */
const HIGHEST = Uint8Array.of(0, 1, 1, 2, 2, 0);
const LOWEST = Uint8Array.of(2, 2, 0, 0, 1, 1);
const BETWEEN = Uint8Array.of(1, 0, 2, 1, 0, 2);

/** By a share of the circle of hues, from -0.5 to 0.5. A grey image stays as it is. */
export function adjustHue(image: Image, turns: number): Image {
  const { shape, pixels } = image;
  if (shape.channels === 1) return image;
  const { sectors, fractions } = circle(Math.trunc(turns * 255));
  const changed = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const [red, green, blue] = [pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number];
    const value = Math.max(red, green, blue);
    const range = value - Math.min(red, green, blue);
    const saturation = range === 0 ? 0 : (Math.fround(range / value) * 255) | 0;
    if (saturation === 0) {
      changed[at] = changed[at + 1] = changed[at + 2] = value;
      continue;
    }
    const hue = hueOf(red, green, blue, { value, range });
    const strength = Math.fround(saturation / 255);
    const sector = sectors[hue] as number;
    const fraction = fractions[hue] as number;
    const low = rounded(value * (1 - strength));
    const middle =
      sector % 2 === 1
        ? rounded(value * (1 - Math.fround(strength * fraction)))
        : rounded(value * (1 - strength * (1 - fraction)));
    changed[at + (HIGHEST[sector] as number)] = value;
    changed[at + (BETWEEN[sector] as number)] = middle;
    changed[at + (LOWEST[sector] as number)] = low;
  }
  return { shape, pixels: changed };
}

/** For each hue, in which of the six sectors of the circle it is after a shift, and how far: from 0 to 1. */
function circle(shift: number): { sectors: Uint8Array; fractions: Float32Array } {
  const [sectors, fractions] = [new Uint8Array(256), new Float32Array(256)];
  for (let hue = 0; hue < 256; hue++) {
    const place = (((hue + shift) & 255) * 6) / 255;
    sectors[hue] = Math.floor(place) % 6;
    fractions[hue] = place - Math.floor(place);
  }
  return { sectors, fractions };
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
