// Resizes a window of an image as Pillow's Image.resize does, byte by byte: antialiased, in 22-bit fixed point.
// The weights are those of Pillow's Resample.c: a filter, stretched by the factor of reduction, around the centre of each new pixel.

import type { Image } from "../images.js";
import { crop, type Window } from "./crop.js";

export type Filter = "bilinear" | "bicubic" | "area";

interface Kernel {
  /** Half its width, in pixels of the input where nothing is reduced. */
  readonly support: number;
  weight(distance: number): number;
}

const KERNELS: { readonly [Name in Filter]: Kernel } = {
  area: { support: 0.5, weight: (distance) => (distance > -0.5 && distance <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { support: 2, weight: (distance) => cubic(Math.abs(distance)) },
};

/** Keys' cubic convolution with a = -0.5. */
function cubic(x: number): number {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

/** Two bits are left over because some weights of the cubic filter are negative, so that others sum to more than 1. */
const PRECISION = 32 - 8 - 2;
/** Sums start here, so that cutting off the bits of the fraction rounds them. */
const HALF = 1 << (PRECISION - 1);

/** Reads nothing outside the window, as if it had been cut out first. */
export function resample(
  image: Image,
  { window, height, width, filter }: { window: Window; height: number; width: number; filter: Filter },
): Image {
  const kernel = KERNELS[filter];
  // Along rows first, and rounded to bytes before the columns, as in Pillow.
  const isNarrow = width === window.width;
  const narrow = isNarrow ? image : alongRows(image, window, tapsOf(window.width, width, kernel));
  const part = isNarrow ? window : { ...window, top: 0, left: 0, width };
  if (height !== window.height) return alongColumns(narrow, part, tapsOf(window.height, height, kernel));
  return isNarrow ? crop(image, window, 0) : narrow;
}

/** Four rows at a time, as many as fit into registers; the last four overlap with those before them. */
function alongRows({ shape, pixels }: Image, { top, left, height }: Window, taps: Taps): Image {
  const { channels } = shape;
  const { first, count, weights, most } = taps;
  const width = first.length;
  const resampled = new Uint8ClampedArray(height * width * channels);
  const [fromB, fromC, fromD] = offsets(height, shape.width * channels);
  const [toB, toC, toD] = offsets(height, width * channels);
  for (let next = 0; next < height; next += 4) {
    const row = Math.max(0, Math.min(next, height - 4));
    for (let channel = 0; channel < channels; channel++) {
      const start = asInteger(((top + row) * shape.width + left) * channels + channel);
      let to = asInteger(row * width * channels + channel);
      for (let output = 0; output < width; output++, to += channels) {
        let a = HALF;
        let b = HALF;
        let c = HALF;
        let d = HALF;
        let at = start + (first[output] as number) * channels;
        const end = output * most + (count[output] as number);
        for (let tap = output * most; tap < end; tap++, at += channels) {
          const weight = weights[tap] as number;
          a = (a + Math.imul(pixels[at] as number, weight)) | 0;
          b = (b + Math.imul(pixels[at + fromB] as number, weight)) | 0;
          c = (c + Math.imul(pixels[at + fromC] as number, weight)) | 0;
          d = (d + Math.imul(pixels[at + fromD] as number, weight)) | 0;
        }
        resampled[to] = a >> PRECISION;
        resampled[to + toB] = b >> PRECISION;
        resampled[to + toC] = c >> PRECISION;
        resampled[to + toD] = d >> PRECISION;
      }
    }
  }
  return { shape: { height, width, channels }, pixels: new Uint8Array(resampled.buffer) };
}

/** Four values at a time, like rows. Here it is faster to complete an output before the next. */
function alongColumns({ shape, pixels }: Image, { top, left, width }: Window, taps: Taps): Image {
  const { channels } = shape;
  const { first, count, weights, most } = taps;
  const height = first.length;
  const resampled = new Uint8ClampedArray(height * width * channels);
  const values = asInteger(width * channels);
  const step = asInteger(shape.width * channels);
  const [toB, toC, toD] = offsets(values, 1);
  for (let output = 0; output < height; output++) {
    const start = asInteger((top + (first[output] as number)) * step + left * channels);
    const end = output * most + (count[output] as number);
    for (let next = 0; next < values; next += 4) {
      const value = Math.max(0, Math.min(next, values - 4));
      let a = HALF;
      let b = HALF;
      let c = HALF;
      let d = HALF;
      let at = start + value;
      for (let tap = output * most; tap < end; tap++, at += step) {
        const weight = weights[tap] as number;
        a = (a + Math.imul(pixels[at] as number, weight)) | 0;
        b = (b + Math.imul(pixels[at + toB] as number, weight)) | 0;
        c = (c + Math.imul(pixels[at + toC] as number, weight)) | 0;
        d = (d + Math.imul(pixels[at + toD] as number, weight)) | 0;
      }
      const to = output * values + value;
      resampled[to] = a >> PRECISION;
      resampled[to + toB] = b >> PRECISION;
      resampled[to + toC] = c >> PRECISION;
      resampled[to + toD] = d >> PRECISION;
    }
  }
  return { shape: { height, width, channels }, pixels: new Uint8Array(resampled.buffer) };
}

/** Where the second, third and fourth of some values are, from the first; where there are fewer, they are the last one. */
function offsets(count: number, step: number): readonly [number, number, number] {
  const offset = (index: number) => asInteger(Math.min(index, count - 1) * step);
  return [offset(1), offset(2), offset(3)];
}

/** Tells V8 that a number is an integer. It would compute with those that were drawn or rounded as with fractions, half as fast. */
function asInteger(value: number): number {
  return value | 0;
}

/** Which inputs are summed for each output, and with which weights. */
interface Taps {
  /** [outputs] The index of the first input. */
  readonly first: Int32Array;
  /** [outputs] The number of inputs. */
  readonly count: Int32Array;
  /** [outputs, most], in units of 2^-PRECISION. */
  readonly weights: Int32Array;
  readonly most: number;
}

function tapsOf(inputs: number, outputs: number, { support, weight }: Kernel): Taps {
  const scale = inputs / outputs;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const most = 2 * Math.ceil(reach) + 1;
  const taps = {
    first: new Int32Array(outputs),
    count: new Int32Array(outputs),
    weights: new Int32Array(outputs * most),
    most,
  };
  const exact = new Float64Array(most);
  for (let output = 0; output < outputs; output++) {
    const centre = (output + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const count = Math.min(inputs, Math.trunc(centre + reach + 0.5)) - first;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const one = weight((tap + first - centre + 0.5) * (1 / stretch));
      exact[tap] = one;
      sum += one;
    }
    taps.first[output] = first;
    taps.count[output] = count;
    for (let tap = 0; tap < count; tap++)
      taps.weights[output * most + tap] = fixed((exact[tap] as number) / sum);
  }
  return taps;
}

/** Rounds to a whole number of units, halves away from zero. */
function fixed(weight: number): number {
  return Math.trunc(weight * 2 ** PRECISION + (weight < 0 ? -0.5 : 0.5));
}
