// All transforms, by their names in configurations, and functions that apply lists of them to images.

import type { TransformName, TransformSpec } from "../../config/experiment-spec.js";
import type { Shape } from "../../network/graph.js";
import { type RandomStream, randomStream } from "../../random.js";
import { type Image, imageOf, type LabelledImages, sizeOf } from "../images.js";
import { affine } from "./affine.js";
import { centerCrop } from "./center-crop.js";
import { colorJitter } from "./color-jitter.js";
import { cutout } from "./cutout.js";
import { flip } from "./flip.js";
import { grayscale } from "./grayscale.js";
import { invert } from "./invert.js";
import { randAugment } from "./rand-augment.js";
import { randomCrop } from "./random-crop.js";
import { randomErasing } from "./random-erasing.js";
import { randomGrayscale } from "./random-grayscale.js";
import { randomResizedCrop } from "./random-resized-crop.js";
import { resize } from "./resize.js";
import { rotate } from "./rotate.js";
import type { Transform } from "./transform.js";
import { trivialAugment } from "./trivial-augment.js";

/** If a transform from the schema is missing here, this does not compile. */
const TRANSFORMS: { readonly [Name in TransformName]: Transform<Name> } = {
  affine,
  centerCrop,
  colorJitter,
  cutout,
  flip,
  grayscale,
  invert,
  randAugment,
  randomCrop,
  randomErasing,
  randomGrayscale,
  randomResizedCrop,
  resize,
  rotate,
  trivialAugment,
};

/** A transform regardless of the type of its parameters. */
interface AnyTransform {
  readonly isRandom: boolean;
  shape(input: Shape, spec: unknown): Shape | string;
  apply(image: Image, spec: unknown, random: RandomStream): Image;
}

function transformOf(spec: TransformSpec): readonly [AnyTransform, unknown] {
  const [name] = Object.keys(spec) as [TransformName];
  return [TRANSFORMS[name], spec[name]];
}

/** Applies transforms in order. All random transforms draw from the same stream, one after another. */
export function transformed(image: Image, transforms: readonly TransformSpec[], random: RandomStream): Image {
  return transforms.reduce((current, one) => {
    const [transform, spec] = transformOf(one);
    return transform.apply(current, spec, random);
  }, image);
}

/** Returns the shape of transformed images, or the index of the first transform that cannot be applied and the reason. */
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

/** Applies the transforms that are not random to every image. Normalisation is computed from the result. */
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
