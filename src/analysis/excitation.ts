// Activations of gates by image -> how they differ between classes, how saturated they are, and the worth of each gate.

import type { ExcitationRow, GateRow } from "../records/tables.js";

export interface GateValues {
  readonly gate: string;
  readonly channels: number;
  /** [images, channels] */
  readonly values: Float32Array;
  readonly errorWithMean: number;
  /** By image: 1 if it is misclassified only with the means, -1 if only by the unchanged network, otherwise 0. */
  readonly changes: ArrayLike<number>;
}

/** Mean and standard deviation of each channel over the images of each class; null for a class without images. */
export function excitationRows(
  { gate, channels, values }: GateValues,
  labels: ArrayLike<number>,
  classNames: readonly string[],
): ExcitationRow[] {
  const images = imagesByClass(labels, classNames.length);
  return Array.from({ length: channels }, (_, channel) =>
    images.map((own, label) => ({
      gate,
      channel,
      class: classNames[label] as string,
      ...(own.length === 0
        ? { mean: null, deviation: null }
        : moments(own.map((image) => values[image * channels + channel] as number))),
    })),
  ).flat();
}

/**
 * The row of one gate. saturated: fraction of activations below 0.01 or above 0.99. class_specificity: fraction of the
 * variance over images that lies between classes, averaged over channels (0: class-agnostic). error_with_mean: test error with
 * the gate's factors replaced by their means. worth: the increase over `error` due to this, with its 95 % interval over images
 * (normal approximation of paired differences).
 */
export function gateRow(
  one: GateValues,
  { labels, classes, error }: { labels: ArrayLike<number>; classes: number; error: number },
): GateRow {
  const { gate, channels, values, errorWithMean } = one;
  const saturated =
    values.reduce((count, value) => count + (value < 0.01 || value > 0.99 ? 1 : 0), 0) / values.length;
  const images = imagesByClass(labels, classes);
  let specificity = 0;
  for (let channel = 0; channel < channels; channel++)
    specificity += betweenClasses(one, channel, images) / channels;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    gate,
    channels,
    mean,
    saturated,
    class_specificity: specificity,
    error,
    error_with_mean: errorWithMean,
    ...worthOf(Array.from(one.changes)),
  };
}

function worthOf(changes: readonly number[]) {
  const { mean, deviation } = moments(changes);
  const half = (1.96 * deviation) / Math.sqrt(changes.length);
  return { worth: mean, worth_low: mean - half, worth_high: mean + half };
}

function imagesByClass(labels: ArrayLike<number>, classes: number): number[][] {
  const images: number[][] = Array.from({ length: classes }, () => []);
  for (let image = 0; image < labels.length; image++) images[labels[image] as number]?.push(image);
  return images;
}

function betweenClasses(
  { channels, values }: GateValues,
  channel: number,
  images: readonly (readonly number[])[],
): number {
  const groups = images.map((own) => own.map((image) => values[image * channels + channel] as number));
  const all = groups.flat();
  const { mean, deviation } = moments(all);
  const total = deviation ** 2 * all.length;
  const between = groups.reduce(
    (sum, group) => sum + (group.length > 0 ? group.length * (moments(group).mean - mean) ** 2 : 0),
    0,
  );
  return total > 0 ? between / total : 0;
}

function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length),
  };
}
