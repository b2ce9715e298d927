// A batch -> the same batch with every image mixed with the one before it: mixup (Zhang et al. 2018) or CutMix (Yun et al. 2019),
// as in torchvision's reference training.

import type { Shape } from "../network/graph.js";
import { beta, type RandomStream } from "../random.js";
import type { Batch } from "./batches.js";
import { sizeOf } from "./images.js";

export interface MixSpec {
  readonly mixup: "off" | { readonly alpha: number };
  readonly cutmix: "off" | { readonly alpha: number };
}

/** Pixels from `left` and `top` up to, but not including, `right` and `bottom`. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What happens to all images of a batch. `share`: how much of an image and of its label remains. */
export type Mix =
  | { readonly kind: "mixup"; readonly share: number }
  | { readonly kind: "cutmix"; readonly share: number; readonly box: Box };

/** Draws how a batch is mixed: by mixup or CutMix with equal probability if both are on. Null if both are off. */
export function drawMix({ mixup, cutmix }: MixSpec, shape: Shape, random: RandomStream): Mix | null {
  if (mixup !== "off" && (cutmix === "off" || random.uniform() < 0.5))
    return { kind: "mixup", share: beta(mixup.alpha, random) };
  if (cutmix === "off") return null;
  const share = beta(cutmix.alpha, random);
  const centre = { x: random.integer(shape.width), y: random.integer(shape.height) };
  return cutOut(share, centre, shape);
}

/** The box around a centre with 1 - `share` of the pixels, cut off at the edges of the image. The share is that of what is left. */
export function cutOut(share: number, { x, y }: { x: number; y: number }, { height, width }: Shape): Mix {
  const ratio = Math.sqrt(1 - share) / 2;
  const [across, down] = [Math.trunc(ratio * width), Math.trunc(ratio * height)];
  const box = {
    left: Math.max(x - across, 0),
    top: Math.max(y - down, 0),
    right: Math.min(x + across, width),
    bottom: Math.min(y + down, height),
  };
  const cut = (box.right - box.left) * (box.bottom - box.top);
  return { kind: "cutmix", share: 1 - cut / (width * height), box };
}

/**
 * The first image is mixed with the last one. Padding stays as it is. Labels are no longer one-hot; the class of an image is the
 * one with the larger share of its label.
 */
export function mixed(batch: Batch, mix: Mix, shape: Shape): Batch {
  const images = batch.images.slice();
  const labels = batch.labels.slice();
  const classes = batch.classes.slice();
  const length = sizeOf(shape);
  const outputs = labels.length / batch.size;
  for (let position = 0; position < batch.count; position++) {
    const other = (position + batch.count - 1) % batch.count;
    const rows = (to: Float32Array, from: Float32Array, width: number) => ({
      to: to.subarray(position * width, (position + 1) * width),
      from: from.subarray(other * width, (other + 1) * width),
    });
    const pixels = rows(images, batch.images, length);
    if (mix.kind === "mixup") blend(pixels, mix.share);
    else paste(pixels, mix.box, shape);
    blend(rows(labels, batch.labels, outputs), mix.share);
    if (mix.share < 0.5) classes[position] = batch.classes[other] as number;
  }
  return { ...batch, images, labels, classes };
}

interface Rows {
  readonly to: Float32Array;
  readonly from: Float32Array;
}

function blend({ to, from }: Rows, share: number): void {
  for (let index = 0; index < to.length; index++)
    to[index] = share * (to[index] as number) + (1 - share) * (from[index] as number);
}

function paste({ to, from }: Rows, { left, top, right, bottom }: Box, { width, channels }: Shape): void {
  for (let row = top; row < bottom; row++) {
    const [start, end] = [(row * width + left) * channels, (row * width + right) * channels];
    to.set(from.subarray(start, end), start);
  }
}
