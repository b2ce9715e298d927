// All transforms, by their names in configurations, and functions that apply lists of them to images.

import type { TransformName, TransformSpec } from "../../config/experiment-spec.js";
import type { Shape } from "../../network/graph.js";
import type { RandomStream } from "../../random.js";
import type { Image } from "../images.js";
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
import type { Cut, Transform } from "./transform.js";
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
  cut?(input: Shape, spec: unknown, random: RandomStream): Cut;
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

/** If the first transform uses only part of an image: that part, and all transforms. */
export function firstCut(
  input: Shape,
  [first, ...others]: readonly TransformSpec[],
  random: RandomStream,
): Cut | null {
  const [transform, spec] = first ? transformOf(first) : [];
  const cut = transform?.cut?.(input, spec, random);
  return cut ? { ...cut, finish: (part) => transformed(cut.finish(part), others, random) } : null;
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

/** The transforms that are not random. Normalisation is computed from images after these. */
export function fixedOnes(transforms: readonly TransformSpec[]): readonly TransformSpec[] {
  return transforms.filter((one) => !isRandom(one));
}

/** The transforms before the first random one, whose result is the same in every epoch, and the others. */
export function atFirstRandom(transforms: readonly TransformSpec[]): {
  readonly fixed: readonly TransformSpec[];
  readonly rest: readonly TransformSpec[];
} {
  const first = transforms.findIndex(isRandom);
  const count = first < 0 ? transforms.length : first;
  return { fixed: transforms.slice(0, count), rest: transforms.slice(count) };
}

/** Whether a transform draws random numbers. */
export function isRandom(one: TransformSpec): boolean {
  return transformOf(one)[0].isRandom;
}
