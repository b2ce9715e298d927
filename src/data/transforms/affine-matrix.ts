// Matrices that say where the pixels of a transformed image come from.

import type { Shape } from "../../network/graph.js";

/** The pixel at (x, y) of the result is taken from (a x + b y + c, d x + e y + f). */
export interface Matrix {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

type Linear = Pick<Matrix, "a" | "b" | "d" | "e">;

/** Of a counter-clockwise rotation around the centre, as Pillow's Image.rotate computes it. */
export function rotation(degrees: number, { height, width }: Shape): Matrix {
  const angle = -radians(degrees);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)].map((value) => Number(value.toFixed(15))) as [
    number,
    number,
  ];
  const linear = { a: cosine, b: sine, d: -sine, e: cosine };
  const [x, y] = [width / 2, height / 2];
  return {
    ...linear,
    c: linear.a * -x + linear.b * -y + x,
    f: linear.d * -x + linear.e * -y + y,
  };
}

export interface AffineParameters {
  /** Clockwise. */
  readonly degrees: number;
  /** [x, y] in pixels */
  readonly translate: readonly [number, number];
  readonly scale: number;
  /** [x, y] in degrees */
  readonly shear: readonly [number, number];
}

/** The inverse of torchvision's T C R S Shy Shx C^-1, which shears, scales, rotates and then translates. */
export function inverseAffine(
  { degrees, translate, scale, shear }: AffineParameters,
  [x, y]: readonly [number, number],
): Matrix {
  const turn = radians(degrees);
  const [shearX, shearY] = [radians(shear[0]), radians(shear[1])];
  // The forward matrix without scaling, whose determinant is 1.
  const a = Math.cos(turn - shearY) / Math.cos(shearY);
  const b = (-Math.cos(turn - shearY) * Math.tan(shearX)) / Math.cos(shearY) - Math.sin(turn);
  const c = Math.sin(turn - shearY) / Math.cos(shearY);
  const d = (-Math.sin(turn - shearY) * Math.tan(shearX)) / Math.cos(shearY) + Math.cos(turn);
  const inverse: Linear = { a: d / scale, b: -b / scale, d: -c / scale, e: a / scale };
  const [fromX, fromY] = [-x - translate[0], -y - translate[1]];
  return {
    ...inverse,
    c: inverse.a * fromX + inverse.b * fromY + x,
    f: inverse.d * fromX + inverse.e * fromY + y,
  };
}

function radians(degrees: number): number {
  return degrees * (Math.PI / 180);
}
