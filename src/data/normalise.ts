// Bytes -> numbers of mean 0 and standard deviation 1, by channel.

import type { Shape } from "../network/graph.js";
import type { LabelledImages } from "./images.js";

/** Images ready for a network: normalised to mean 0 and standard deviation 1 of the training split, by channel. */
export interface Split {
  readonly count: number;
  /** That there are in the dataset. */
  readonly classes: number;
  readonly shape: Shape;
  readonly images: Float32Array;
  readonly labels: Uint8Array | Uint16Array;
}

/** Mean and standard deviation of each channel, in units of pixels from 0 to 255; 1 where a channel does not vary. */
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

export function normalise(
  { pixels, labels, shape, classNames }: LabelledImages,
  { mean, deviation }: Normalisation,
): Split {
  // A byte has 256 values: one table a channel.
  const tables = Array.from(mean, (average, channel) =>
    Float32Array.from({ length: 256 }, (_, value) => (value - average) / (deviation[channel] as number)),
  );
  const images = new Float32Array(pixels.length);
  for (let index = 0; index < pixels.length; index++) {
    images[index] = (tables[index % shape.channels] as Float32Array)[pixels[index] as number] as number;
  }
  return { count: labels.length, classes: classNames.length, shape, images, labels };
}
