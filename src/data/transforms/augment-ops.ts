// The operations of RandAugment and TrivialAugment, as in torchvision, which differ in how far they go.

import type { Shape } from "../../network/graph.js";
import type { Image } from "../images.js";
import { edited } from "../kernels.js";
import { type AffineParameters, inverseAffine, rotation } from "./affine-matrix.js";
import { adjustSharpness, brightness, contrast, saturation } from "./enhance.js";
import { autocontrast, equalize, posterize, solarize } from "./lookup.js";
import { roundHalfToEven } from "./round.js";
import { sample } from "./sample.js";

/** The number of magnitudes: 0 to 30. */
export const MAGNITUDES = 31;

/** The largest magnitudes. */
export interface Extent {
  readonly shear: number;
  /** In pixels. */
  readonly translation: (length: number) => number;
  readonly degrees: number;
  /** Of brightness, colour, contrast and sharpness: how far their factors are from 1. */
  readonly enhancement: number;
  /** The number of bits that are removed. */
  readonly posterize: number;
}

export interface Op {
  /** Whether the amount may also be negative. */
  readonly isSigned: boolean;
  /** For a magnitude from 0 to 30. */
  amount(magnitude: number, extent: Extent, input: Shape): number;
  apply(image: Image, amount: number, fill: number): Image;
}

/** In torchvision's order. */
export const OPS: readonly Op[] = [
  withoutAmount((image) => image),
  // The amount is the tangent of the angle, and the corner of the image stays where it is.
  geometric(
    ({ shear }) => shear,
    (amount) => ({ shear: [degreesOf(amount), 0] }),
    "corner",
  ),
  geometric(
    ({ shear }) => shear,
    (amount) => ({ shear: [0, degreesOf(amount)] }),
    "corner",
  ),
  geometric(
    ({ translation }, { width }) => translation(width),
    (amount) => ({ translate: [Math.trunc(amount), 0] }),
    "centre",
  ),
  geometric(
    ({ translation }, { height }) => translation(height),
    (amount) => ({ translate: [0, Math.trunc(amount)] }),
    "centre",
  ),
  {
    isSigned: true,
    amount: (magnitude, { degrees }) => evenly(degrees, magnitude),
    apply: (image, amount, fill) =>
      sample(image, rotation(amount, image.shape), { interpolation: "nearest", fill }),
  },
  enhancement((image, factor) => edited(image, [brightness(factor)])),
  enhancement((image, factor) => edited(image, [saturation(factor)])),
  enhancement((image, factor) => edited(image, [contrast(factor)])),
  enhancement(adjustSharpness),
  {
    isSigned: false,
    amount: (magnitude, extent) => 8 - roundHalfToEven((magnitude * extent.posterize) / (MAGNITUDES - 1)),
    apply: posterize,
  },
  {
    isSigned: false,
    amount: (magnitude) => 255 - evenly(255, magnitude),
    apply: solarize,
  },
  withoutAmount(autocontrast),
  withoutAmount(equalize),
];

function withoutAmount(apply: (image: Image) => Image): Op {
  return { isSigned: false, amount: () => 0, apply };
}

function enhancement(adjust: (image: Image, factor: number) => Image): Op {
  return {
    isSigned: true,
    amount: (magnitude, extent) => evenly(extent.enhancement, magnitude),
    apply: (image, amount) => adjust(image, 1 + amount),
  };
}

function geometric(
  largest: (extent: Extent, input: Shape) => number,
  parameters: (amount: number) => Partial<AffineParameters>,
  fixed: "corner" | "centre",
): Op {
  return {
    isSigned: true,
    amount: (magnitude, extent, input) => evenly(largest(extent, input), magnitude),
    apply: (image, amount, fill) => {
      const { height, width } = image.shape;
      const same: AffineParameters = { degrees: 0, translate: [0, 0], scale: 1, shear: [0, 0] };
      const centre = fixed === "corner" ? ([0, 0] as const) : ([width * 0.5, height * 0.5] as const);
      const matrix = inverseAffine({ ...same, ...parameters(amount) }, centre);
      return sample(image, matrix, { interpolation: "nearest", fill });
    },
  };
}

function degreesOf(tangent: number): number {
  return Math.atan(tangent) * (180 / Math.PI);
}

/** The share of `largest` for a magnitude: PyTorch's linspace in 32-bit floating point, which counts from the nearer end. */
function evenly(largest: number, magnitude: number): number {
  const last = MAGNITUDES - 1;
  const step = Math.fround(Math.fround(largest) / last);
  return magnitude <= last / 2
    ? Math.fround(step * magnitude)
    : Math.fround(Math.fround(largest) - step * (last - magnitude));
}
