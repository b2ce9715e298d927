// Bytes -> numbers with mean 0 and standard deviation 1 in each channel.

import type { LabelledImages } from "./images.js";

/** Mean and standard deviation of each channel, for pixels from 0 to 255. The deviation of a constant channel is set to 1. */
export interface Normalisation {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

export function channelStatistics({ pixels, shape: { channels } }: LabelledImages): Normalisation {
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const perChannel = pixels.length / channels;
  for (let index = 0; index < pixels.length; index++) {
    const channel = index % channels;
    const value = pixels[index] as number;
    sum[channel] = (sum[channel] as number) + value;
    squares[channel] = (squares[channel] as number) + value * value;
  }
  const mean = sum.map((value) => value / perChannel);
  const deviation = squares.map(
    (value, channel) => Math.sqrt(Math.max(value / perChannel - (mean[channel] as number) ** 2, 0)) || 1,
  );
  return { mean, deviation };
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
  const channels = table.length / BYTES;
  for (let index = 0, channel = 0; index < pixels.length; index++) {
    target[offset + index] = table[channel * BYTES + (pixels[index] as number)] as number;
    channel = channel + 1 === channels ? 0 : channel + 1;
  }
}
