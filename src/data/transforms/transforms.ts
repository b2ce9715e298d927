// The transforms there are, by the names that configurations give them, and lists of them applied to images.

import type { TransformName, TransformSpec } from "../../config/experiment-spec.js";
import type { Shape } from "../../network/graph.js";
import { type RandomStream, randomStream } from "../../random.js";
import { type Image, imageOf, type LabelledImages, sizeOf } from "../images.js";
import { centerCrop } from "./center-crop.js";
import { flip } from "./flip.js";
import { invert } from "./invert.js";
import { randomCrop } from "./random-crop.js";
import { randomErasing } from "./random-erasing.js";
import type { Transform } from "./transform.js";

/** A transform that the schema knows and that is missing here does not compile. */
const TRANSFORMS: { readonly [Name in TransformName]: Transform<Name> } = {
  centerCrop,
  flip,
  invert,
  randomCrop,
  randomErasing,
};

/** A transform as it is applied to the parameters under its own name. */
interface AnyTransform {
  readonly isRandom: boolean;
  shape(input: Shape, spec: unknown): Shape | string;
  apply(image: Image, spec: unknown, random: RandomStream): Image;
}

function transformOf(spec: TransformSpec): readonly [AnyTransform, unknown] {
  const [name] = Object.keys(spec) as [TransformName];
  return [TRANSFORMS[name], spec[name]];
}

/** Applies transforms in order. Random ones draw from one stream, one after the other. */
export function transformed(image: Image, transforms: readonly TransformSpec[], random: RandomStream): Image {
  return transforms.reduce((current, one) => {
    const [transform, spec] = transformOf(one);
    return transform.apply(current, spec, random);
  }, image);
}

/** The shape that images are transformed to, or which of the transforms cannot take them, and why. */
export function shapeAfter(
  input: Shape,
  transforms: readonly TransformSpec[],
): { readonly shape: Shape } | { readonly index: number; readonly problem: string } {
  let shape = input;
  for (const [index, one] of transforms.entries()) {
    const [transform, spec] = transformOf(one);
    const next = transform.shape(shape, spec);
    if (typeof next === "string") return { index, problem: next };
    shape = next;
  }
  return { shape };
}

/** Every image after those of the transforms that are not random: what normalisation is measured on. */
export function afterFixed(images: LabelledImages, transforms: readonly TransformSpec[]): LabelledImages {
  const fixed = transforms.filter((one) => !transformOf(one)[0].isRandom);
  if (fixed.length === 0) return images;
  const none = randomStream();
  const all = Array.from(images.labels, (_, index) => transformed(imageOf(images, index), fixed, none));
  const shape = all[0]?.shape ?? images.shape;
  const pixels = new Uint8Array(all.length * sizeOf(shape));
  for (const [index, image] of all.entries()) pixels.set(image.pixels, index * sizeOf(shape));
  return { ...images, shape, pixels };
}
