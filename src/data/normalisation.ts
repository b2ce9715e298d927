// Bytes -> numbers; by default with mean 0 and standard deviation 1 in each channel of the training images.

import type { DatasetSpec } from "../config/experiment-spec.js";
import { DatasetError } from "./dataset-error.js";
import type { Image } from "./images.js";
import { PADDING, withMemory } from "./kernels.js";

/** Mean and standard deviation of each channel, for pixels from 0 to 255. The deviation of a constant channel is set to 1. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface ChannelSums {
  add(image: Image): void;
  normalisation(): Normalisation;
}

/** The sums are exact, so they do not depend on the order of the images. */
export function channelSums(channels: number): ChannelSums {
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let values = 0;
  return {
    add: ({ pixels }) => {
      for (let index = 0, channel = 0; index < pixels.length; index++) {
        const value = pixels[index] as number;
        sum[channel] = (sum[channel] as number) + value;
        squares[channel] = (squares[channel] as number) + value * value;
        channel = channel + 1 === channels ? 0 : channel + 1;
      }
      values += pixels.length / channels;
    },
    normalisation: () => {
      const mean = Array.from(sum, (value) => value / values);
      const deviation = Array.from(
        squares,
        (value, channel) => Math.sqrt(Math.max(value / values - (mean[channel] as number) ** 2, 0)) || 1,
      );
      return { mean, deviation };
    },
  };
}

type Normalize = DatasetSpec["normalize"];

/** Throws DatasetError if mean or deviation are given for another number of channels. */
export function checkDeclared(normalize: Normalize, channels: number): void {
  if (typeof normalize === "string") return;
  for (const key of ["mean", "std"] as const) {
    const values = normalize[key];
    if (typeof values !== "number" && values.length !== channels)
      throw new DatasetError(
        { code: "wrong-length", path: ["normalize", key] },
        `dataset.normalize.${key} is a list of ${values.length}; it must be one number, or a list of as many as the images have channels (${channels})`,
      );
  }
}

/** Mean and deviation are given for pixels from 0 to 1, and for each channel or all of them. */
export function declaredNormalisation(
  declared: Exclude<Normalize, "dataset">,
  channels: number,
): Normalisation {
  const { mean, std } = declared === "none" ? { mean: 0, std: 1 } : declared;
  const perChannel = (values: number | readonly number[]) =>
    Array.from(
      { length: channels },
      (_, channel) => 255 * (typeof values === "number" ? values : (values[channel] as number)),
    );
  return { mean: perChannel(mean), deviation: perChannel(std) };
}

const BYTES = 256;

/** (value - mean) / deviation for each channel and each value of a byte: [channels, 256]. */
export function normalisationTable({ mean, deviation }: Normalisation): Float32Array {
  return Float32Array.from({ length: mean.length * BYTES }, (_, index) => {
    const channel = Math.floor(index / BYTES);
    return ((index % BYTES) - (mean[channel] as number)) / (deviation[channel] as number);
  });
}

/** Writes normalised pixels to `target`, starting at `offset`. */
export function normaliseInto(
  target: Float32Array,
  offset: number,
  { pixels, table }: { pixels: Uint8Array; table: Float32Array },
): void {
  withMemory(table.byteLength + 4 * pixels.length + pixels.length + PADDING, (kernels, bytes, tables) => {
    const to = tables + table.byteLength;
    const from = to + 4 * pixels.length;
    bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), tables);
    bytes.set(pixels, from);
    kernels.lookUpNumbers(from, pixels.length, table.length / BYTES, tables, to);
    target.set(new Float32Array(bytes.buffer, to, pixels.length), offset);
  });
}
