// Resizes images as Pillow's Image.resize does, byte by byte: antialiased, in 22-bit fixed point.
// The weights are those of Pillow's Resample.c: a filter, stretched by the factor of reduction, around the centre of each new pixel.

import type { Image } from "../images.js";
import { PADDING, withMemory } from "../kernels.js";

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

export function resample(
  image: Image,
  { height, width, filter }: { height: number; width: number; filter: Filter },
): Image {
  const { shape, pixels } = image;
  const { channels } = shape;
  const across = width === shape.width ? null : tapsOf(shape.width, width, KERNELS[filter]);
  const along = height === shape.height ? null : tapsOf(shape.height, height, KERNELS[filter]);
  if (!across && !along) return image;
  const row = shape.width * channels;
  const atOnce = Math.max(4, Math.floor(BYTES_AT_ONCE / row));
  const sizes = {
    taps: 4 * Math.max(wordsOf(across), wordsOf(along)),
    part: atOnce * row + PADDING,
    narrow: shape.height * width * channels + PADDING,
    result: height * width * channels + PADDING,
  };
  return withMemory(sizes.taps + sizes.part + sizes.narrow + sizes.result, (kernels, bytes, taps) => {
    const part = taps + sizes.taps;
    const narrow = part + sizes.part;
    const result = narrow + sizes.narrow;
    // Along rows first, and rounded to bytes before the columns, as in Pillow.
    if (across) {
      store(bytes, taps, across);
      for (let done = 0; done < shape.height; done += atOnce) {
        const rows = Math.min(atOnce, shape.height - done);
        bytes.set(pixels.subarray(done * row, (done + rows) * row), part);
        const to = narrow + done * width * channels;
        kernels.resampleRows(part, rows, shape.width, channels, taps, width, across.most, to);
      }
    } else bytes.set(pixels, narrow);
    if (along) {
      store(bytes, taps, along);
      kernels.resampleColumns(narrow, width * channels, taps, height, along.most, result);
    }
    const from = along ? result : narrow;
    return {
      shape: { height, width, channels },
      pixels: bytes.slice(from, from + height * width * channels),
    };
  });
}

/** How much of an image is copied before it is resampled along its rows. */
const BYTES_AT_ONCE = 2 ** 18;

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

function wordsOf(taps: Taps | null): number {
  return taps ? 2 * taps.first.length + taps.weights.length : 0;
}

function store(bytes: Uint8Array, at: number, { first, count, weights }: Taps): void {
  let to = at;
  for (const words of [first, count, weights]) {
    bytes.set(new Uint8Array(words.buffer), to);
    to += words.byteLength;
  }
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
