// Pillow's ImageEnhance: mixes an image with a dull version of itself. Factor 0 is the dull version, 1 the image, 2 more than that.
// Computed in 32-bit floating point and then cut off to bytes, as in Pillow. Images have one or three channels.

import type { Image } from "../images.js";
import type { Edit } from "../kernels.js";

/** The dull version is black. */
export function brightness(factor: number): Edit {
  return (kernels, at, { height, width, channels }) => kernels.mix(at, height * width * channels, 0, factor);
}

/** The dull version is grey, as bright as the mean of the image. */
export function contrast(factor: number): Edit {
  return (kernels, at, { height, width, channels }) => {
    const [pixels, bytes] = [height * width, height * width * channels];
    const sum = channels === 1 ? kernels.sum(at, bytes) : kernels.sumOfLuma(at, pixels);
    kernels.mix(at, bytes, Math.floor(sum / pixels + 0.5), factor);
  };
}

/** The dull version is grey; a grey image stays as it is. */
export function saturation(factor: number): Edit {
  return (kernels, at, { height, width, channels }) => {
    if (channels === 3) kernels.mixWithLuma(at, height * width, factor);
  };
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
