// Samples an image through a matrix, as Pillow's Image.transform does.

import type { Image } from "../images.js";
import type { Matrix } from "./affine-matrix.js";

export interface Sampling {
  readonly interpolation: "nearest" | "bilinear";
  /** The value of pixels that come from outside the image. */
  readonly fill: number;
}

/** Returns an image of the same shape. */
export function sample(image: Image, matrix: Matrix, { interpolation, fill }: Sampling): Image {
  const pixels = new Uint8Array(image.pixels.length).fill(fill);
  (interpolation === "nearest" ? sampleNearest : sampleBilinear)(image, matrix, pixels);
  return { shape: image.shape, pixels };
}

/** Like Pillow, this adds up the steps from pixel to pixel, in units of 2^-16 unless images are only scaled and translated. */
function sampleNearest(
  { shape: { height, width, channels }, pixels }: Image,
  matrix: Matrix,
  target: Uint8Array,
): void {
  const { a, b, d, e } = matrix;
  const start = { x: matrix.c + a * 0.5 + b * 0.5, y: matrix.f + d * 0.5 + e * 0.5 };
  const stored = b === 0 && d === 0 ? (value: number) => value : fixedPoint;
  const [xStep, yStep, xNext, yNext] = [stored(a), stored(d), stored(b), stored(e)] as const;
  let [firstX, firstY, to] = [stored(start.x), stored(start.y), 0];
  for (let row = 0; row < height; row++, firstX += xNext, firstY += yNext) {
    let [x, y] = [firstX, firstY];
    for (let column = 0; column < width; column++, to += channels, x += xStep, y += yStep)
      if (x >= 0 && x < width && y >= 0 && y < height) {
        const from = ((y | 0) * width + (x | 0)) * channels;
        for (let channel = 0; channel < channels; channel++)
          target[to + channel] = pixels[from + channel] as number;
      }
  }
}

function fixedPoint(value: number): number {
  return Math.floor(value * 65536 + 0.5) / 65536;
}

function sampleBilinear(
  { shape: { height, width, channels }, pixels }: Image,
  { a, b, c, d, e, f }: Matrix,
  target: Uint8Array,
): void {
  let to = 0;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++, to += channels) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
      const left = Math.floor(x - 0.5);
      const top = Math.floor(y - 0.5);
      const beside = x - 0.5 - left;
      const below = y - 0.5 - top;
      // At the border, the pixel of the image is also its own neighbour.
      const first = Math.max(0, top) * width;
      const second = Math.min(top + 1, height - 1) * width;
      const near = Math.max(0, left);
      const far = Math.min(left + 1, width - 1);
      for (let channel = 0; channel < channels; channel++) {
        const corner = (pixel: number) => pixels[pixel * channels + channel] as number;
        const above = mixed(corner(first + near), corner(first + far), beside);
        const under = mixed(corner(second + near), corner(second + far), beside);
        target[to + channel] = mixed(above, under, below);
      }
    }
}

function mixed(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
