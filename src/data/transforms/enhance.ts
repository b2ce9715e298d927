// Pillow's ImageEnhance: mixes an image with a dull version of itself. Factor 0 is the dull version, 1 the image, 2 more than that.
// Computed in 32-bit floating point and then cut off to bytes, as in Pillow. Images have one or three channels.

import type { Image } from "../images.js";
import { lookUp, tableOf } from "./lookup.js";
import { luma, luminance } from "./luminance.js";

/** The dull version is black. */
export function adjustBrightness(image: Image, factor: number): Image {
  return mixedWith(image, 0, factor);
}

/** The dull version is grey, as bright as the mean of the image. */
export function adjustContrast(image: Image, factor: number): Image {
  const grey = luminance(image);
  let sum = 0;
  for (let at = 0; at < grey.length; at++) sum += grey[at] as number;
  return mixedWith(image, Math.floor(sum / grey.length + 0.5), factor);
}

function mixedWith(image: Image, dull: number, factor: number): Image {
  const share = differences(factor);
  return lookUp(
    image,
    tableOf((value) => Math.fround(dull + (share[value - dull + 255] as number))),
  );
}

/** The dull version is grey; a grey image stays as it is. */
export function adjustSaturation(image: Image, factor: number): Image {
  const { shape, pixels } = image;
  if (shape.channels === 1) return image;
  const share = differences(factor);
  const changed = new Uint8ClampedArray(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const [red, green, blue] = [pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number];
    const grey = luma(red, green, blue);
    const toValue = 255 - grey;
    changed[at] = Math.fround(grey + (share[red + toValue] as number)) | 0;
    changed[at + 1] = Math.fround(grey + (share[green + toValue] as number)) | 0;
    changed[at + 2] = Math.fround(grey + (share[blue + toValue] as number)) | 0;
  }
  return { shape, pixels: new Uint8Array(changed.buffer) };
}

/** The dull version is smoothed: each pixel counts five times, its eight neighbours once. Border pixels stay as they are. */
export function adjustSharpness({ shape, pixels }: Image, factor: number): Image {
  const { height, width, channels } = shape;
  const share = differences(factor);
  const changed = Uint8ClampedArray.from(pixels);
  const row = width * channels;
  for (let y = 1; y < height - 1; y++)
    for (let at = y * row + channels; at < (y + 1) * row - channels; at++) {
      const around = sumOfThree(pixels, at - row, channels) + sumOfThree(pixels, at + row, channels);
      const value = pixels[at] as number;
      const sum = around + sumOfThree(pixels, at, channels) + 4 * value;
      // sum / 13, rounded; never halfway between two integers.
      const smooth = Math.floor((2 * sum + 13) / 26);
      changed[at] = Math.fround(smooth + (share[value - smooth + 255] as number)) | 0;
    }
  return { shape, pixels: new Uint8Array(changed.buffer) };
}

function sumOfThree(pixels: Uint8Array, at: number, step: number): number {
  return (pixels[at - step] as number) + (pixels[at] as number) + (pixels[at + step] as number);
}

/** The share of each difference between two bytes, from -255 to 255. */
function differences(factor: number): Float32Array {
  const rounded = Math.fround(factor);
  const shares = new Float32Array(511);
  for (let difference = -255; difference <= 255; difference++)
    shares[difference + 255] = rounded * difference;
  return shares;
}
