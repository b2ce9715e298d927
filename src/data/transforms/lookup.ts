// Operations that replace each value by one that depends on it alone: one table of 256 bytes for all channels, or one for each.

import type { Image } from "../images.js";

export type Table = Uint8Array;

export function lookUp({ shape, pixels }: Image, table: Table): Image {
  const changed = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at++) changed[at] = table[pixels[at] as number] as number;
  return { shape, pixels: changed };
}

/** The results are cut off, not rounded, and limited to the values of a byte. */
export function tableOf(resultOf: (value: number) => number): Table {
  const table = new Uint8ClampedArray(256);
  for (let value = 0; value < 256; value++) table[value] = Math.trunc(resultOf(value));
  return new Uint8Array(table.buffer);
}

/** Keeps the highest bits of each value. */
export function posterize(image: Image, bits: number): Image {
  return lookUp(
    image,
    tableOf((value) => value & ~(2 ** (8 - bits) - 1)),
  );
}

/** Inverts values from the threshold on. */
export function solarize(image: Image, threshold: number): Image {
  return lookUp(
    image,
    tableOf((value) => (value < threshold ? value : 255 - value)),
  );
}

/** Stretches each channel so that it begins at 0 and ends at 255 (Pillow's ImageOps.autocontrast). */
export function autocontrast(image: Image): Image {
  return perChannel(image, (counts) => {
    const [low, high] = [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0)];
    if (high <= low) return (value) => value;
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return (value) => value * scale + offset;
  });
}

/** Spreads the values of each channel evenly (Pillow's ImageOps.equalize). */
export function equalize(image: Image): Image {
  return perChannel(image, (counts) => {
    const most = counts.findLast((count) => count > 0) as number;
    const step = Math.floor((counts.reduce((sum, count) => sum + count, 0) - most) / 255);
    if (step === 0) return (value) => value;
    let below = Math.floor(step / 2);
    const equalized = Float64Array.from(counts, (count) => {
      const value = Math.floor(below / step);
      below += count;
      return value;
    });
    return (value) => equalized[value] as number;
  });
}

/** Looks up the values of each channel in a table made from its histogram. */
function perChannel(
  { shape, pixels }: Image,
  resultOf: (counts: Uint32Array) => (value: number) => number,
): Image {
  const { channels } = shape;
  const changed = new Uint8Array(pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    const counts = new Uint32Array(256);
    for (let at = channel; at < pixels.length; at += channels) {
      const value = pixels[at] as number;
      counts[value] = (counts[value] as number) + 1;
    }
    const table = tableOf(resultOf(counts));
    for (let at = channel; at < pixels.length; at += channels)
      changed[at] = table[pixels[at] as number] as number;
  }
  return { shape, pixels: changed };
}
