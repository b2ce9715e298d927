// What random transforms draw, how their parameters are distributed, and that no image is too small or too thin for them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import type { Experiment, TransformSpec } from "../../src/config/experiment-spec.js";
import { fillDefaults } from "../../src/config/fill-defaults.js";
import type { Image } from "../../src/data/images.js";
import { shapeAfter, transformed } from "../../src/data/transforms/transforms.js";
import type { Shape } from "../../src/network/graph.js";
import { permutation, randomStream } from "../../src/random.js";
import { recording } from "./drawing.js";

const { windows } = JSON.parse(readFileSync("test/golden/transforms-pil.json", "utf8")) as {
  windows: { scale: number[]; ratio: number[]; mean: [number, number, number, number] }[];
};

/** The transform with all defaults of the schema. */
function withDefaults(transform: object): TransformSpec {
  const dataset = { name: "synthetic", transforms: { train: [transform] } };
  const filled = fillDefaults("experiment", { dataset }) as Experiment;
  return filled.dataset.transforms.train[0] as TransformSpec;
}

function imageWith(shape: Shape, valueAt: (y: number, x: number, channel: number) => number): Image {
  const { height, width, channels } = shape;
  const pixels = new Uint8Array(height * width * channels);
  for (let at = 0; at < pixels.length; at++) {
    const pixel = Math.floor(at / channels);
    pixels[at] = valueAt(Math.floor(pixel / width), pixel % width, at % channels);
  }
  return { shape, pixels };
}

const noise = (shape: Shape) => {
  const random = randomStream("noise");
  return imageWith(shape, () => random.integer(256));
};

const shape = (height: number, width: number, channels: number): Shape => ({ height, width, channels });

const U = "uniform";
const tenSizes = Array.from({ length: 20 }, () => U);

/** Transforms as they can be written, and what they draw, whatever happens: the bound of an integer, or a uniform number. */
const DRAWS: readonly (readonly [transform: object, drawn: (shape: Shape) => (number | string)[]])[] = [
  [{ flip: {} }, () => [U, U]],
  [{ resize: { size: 6 } }, () => []],
  [{ grayscale: {} }, () => []],
  [{ randomGrayscale: { p: 0.5 } }, () => [U]],
  [{ rotate: { degrees: 20 } }, () => [U]],
  [{ rotate: { degrees: 0, interpolation: "bilinear" } }, () => [U]],
  [{ affine: { degrees: 0 } }, () => [U, U, U, U, U, U]],
  [{ affine: { degrees: 9, translate: [0.5, 0.5], shear: [-5, 5, 0, 9] } }, () => [U, U, U, U, U, U]],
  [{ colorJitter: {} }, () => [4, 3, 2, U, U, U, U]],
  [
    { colorJitter: { brightness: 2, contrast: [0, 2], saturation: 1, hue: 0.5 } },
    () => [4, 3, 2, U, U, U, U],
  ],
  [{ cutout: { size: 3 } }, ({ height, width }) => [height, width]],
  [{ randAugment: {} }, () => [14, 2, 14, 2]],
  [{ randAugment: { n: 3, m: 30 } }, () => [14, 2, 14, 2, 14, 2]],
  [{ trivialAugment: {} }, () => [14, 31, 2]],
];

const SHAPES = [1, 3].flatMap((channels) =>
  [
    [1, 1],
    [1, 9],
    [9, 1],
    [2, 3],
    [12, 7],
  ].map(([height, width]) => shape(height as number, width as number, channels)),
);

describe("random transforms", () => {
  for (const [written, drawn] of DRAWS)
    it(`${JSON.stringify(written)} of any image: the same draws, the declared shape, the image as it was`, () => {
      const transform = withDefaults(written);
      for (const input of SHAPES)
        for (let seed = 0; seed < 20; seed++) {
          const image = noise(input);
          const recorded = recording(seed);
          const found = transformed(image, [transform], recorded.random);
          assert.deepEqual(recorded.drawn, drawn(input));
          assert.deepEqual({ shape: found.shape }, shapeAfter(input, [transform]));
          assert.equal(found.pixels.length, found.shape.height * found.shape.width * found.shape.channels);
          assert.deepEqual(image.pixels, noise(input).pixels);
        }
    });

  for (const written of [{ randomResizedCrop: { size: [4, 5] } }, { randomErasing: {} }])
    it(`${JSON.stringify(written)}: ten sizes and a place, the declared shape, the image as it was`, () => {
      const transform = withDefaults(written);
      for (const input of SHAPES)
        for (let seed = 0; seed < 20; seed++) {
          const image = noise(input);
          const { random, drawn } = recording(seed);
          const found = transformed(image, [transform], random);
          const uniform = "randomErasing" in written ? [U, ...tenSizes] : tenSizes;
          assert.deepEqual(drawn.slice(0, -2), uniform);
          assert.ok(drawn.slice(-2).every((bound) => typeof bound === "number"));
          assert.deepEqual({ shape: found.shape }, shapeAfter(input, [transform]));
          assert.deepEqual(image.pixels, noise(input).pixels);
        }
    });

  it("randomResizedCrop: at least one pixel, whatever the ratio", () => {
    for (const ratio of [
      [8, 9],
      [0.1, 0.2],
    ])
      for (const input of SHAPES) {
        const image = imageWith(input, () => 200);
        const transform = withDefaults({ randomResizedCrop: { size: 3, scale: [1, 1], ratio } });
        const { pixels } = transformed(image, [transform], randomStream("ratio"));
        assert.ok(pixels.every((value) => value === 200));
      }
  });

  it("take any number of channels, unless they work with colours", () => {
    const four = shape(6, 5, 4);
    const grey = [{ colorJitter: {} }, { grayscale: {} }, { randomGrayscale: {} }, { randAugment: {} }];
    for (const written of [...grey, { trivialAugment: {} }]) {
      const after = shapeAfter(four, [withDefaults(written)]);
      assert.ok("problem" in after && /1 channel .* or 3 .*; these have 4/.test(after.problem));
    }
    const geometric = [{ resize: { size: 3 } }, { rotate: { degrees: 90 } }, { affine: { degrees: 9 } }];
    for (const written of [...geometric, { cutout: { size: 2 } }, { randomResizedCrop: { size: 3 } }]) {
      const transform = withDefaults(written);
      const same = [0, 1, 2, 3].map((channel) => {
        const whole = noise(four);
        const one = imageWith(shape(6, 5, 1), (y, x) => whole.pixels[(y * 5 + x) * 4 + channel] as number);
        return transformed(one, [transform], randomStream("same")).pixels;
      });
      const { pixels } = transformed(noise(four), [transform], randomStream("same"));
      for (const [channel, own] of same.entries())
        assert.deepEqual(
          pixels.filter((_, at) => at % 4 === channel),
          own,
          JSON.stringify(written),
        );
    }
  });
});

describe("the parameters of random transforms", () => {
  const all = (written: object, image: Image, count = 2000) => {
    const random = randomStream("many");
    const transform = withDefaults(written);
    return Array.from({ length: count }, () => transformed(image, [transform], random));
  };
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const near = (found: number, expected: number, tolerance: number) =>
    assert.ok(Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`);

  it("randomResizedCrop: windows of torchvision's mean place and size", () => {
    // The value of a pixel is its place, so that the means of four quarters tell where the window was.
    const image = imageWith(shape(60, 100, 2), (y, x, channel) => (channel === 0 ? 4 * y : 2 * x));
    for (const { scale, ratio, mean } of windows) {
      const found = all(
        { randomResizedCrop: { size: [2, 2], scale, ratio, interpolation: "area" } },
        image,
        4000,
      );
      const along = (first: number, last: number, unit: number) => {
        const pairs = found.map(({ pixels }) => [pixels[first] as number, pixels[last] as number] as const);
        const size = meanOf(pairs.map(([before, behind]) => (2 * (behind - before)) / unit));
        const middle = meanOf(pairs.map(([before, behind]) => (before + behind) / 2 / unit + 0.5));
        return { start: middle - size / 2, size };
      };
      const [rows, columns] = [along(0, 4, 4), along(1, 3, 2)];
      const [top, left, height, width] = mean;
      // Four standard errors of 4,000 windows are 0.6 for places and 0.9 for sizes.
      near(rows.start, top, 0.6);
      near(columns.start, left, 1);
      near(rows.size, height, 0.9);
      near(columns.size, width, 1);
    }
  });

  it("colorJitter: factors from the range, with the middle as their mean", () => {
    const grey = imageWith(shape(1, 1, 1), () => 100);
    for (const [brightness, low, high] of [
      [0.4, 60, 140],
      [1.5, 0, 250],
      [[0.5, 0.7], 50, 70],
    ] as const) {
      const found = all({ colorJitter: { brightness } }, grey).map(({ pixels }) => pixels[0] as number);
      assert.ok(Math.min(...found) <= low + 1 && Math.max(...found) >= high - 1);
      assert.ok(found.every((value) => value >= low - 1 && value <= high));
      near(meanOf(found), (low + high - 1) / 2, (high - low) / 40);
    }
  });

  it("colorJitter: all orders of the four operations", () => {
    const image = noise(shape(5, 5, 3));
    const jitter = {
      colorJitter: { brightness: [2, 2], contrast: [2, 2], saturation: [3, 3], hue: [0.3, 0.3] },
    };
    const random = randomStream("many");
    const orders = new Set(Array.from({ length: 600 }, () => permutation(4, random).join()));
    const results = new Set(all(jitter, image, 600).map(({ pixels }) => pixels.join()));
    assert.equal(orders.size, 24);
    assert.equal(results.size, 24);
  });

  it("rotate and affine: angles and translations from the range", () => {
    const dot = imageWith(shape(41, 41, 1), (y, x) => (y === 20 && x === 35 ? 255 : 0));
    const places = (written: object) =>
      all(written, dot).flatMap(({ pixels }) => {
        const at = pixels.indexOf(255);
        return at < 0 ? [] : [{ y: 20 - Math.floor(at / 41), x: (at % 41) - 20 }];
      });
    const degrees = ({ y, x }: { y: number; x: number }) => (Math.atan2(y, x) * 180) / Math.PI;
    const turned = places({ rotate: { degrees: [10, 70] } }).map(degrees);
    near(meanOf(turned), 40, 2);
    assert.ok(Math.min(...turned) > 6 && Math.min(...turned) < 14);
    assert.ok(Math.max(...turned) > 66 && Math.max(...turned) < 74);
    near(meanOf(places({ affine: { degrees: [10, 70] } }).map(degrees)), -40, 2);
    const moved = places({ affine: { degrees: 0, translate: [0.1, 0.25] } });
    const range = (values: number[]) => [Math.min(...values), Math.max(...values)];
    assert.deepEqual(range(moved.map(({ x }) => x)), [11, 19]);
    assert.deepEqual(range(moved.map(({ y }) => y)), [-10, 10]);
    near(meanOf(moved.map(({ y }) => y)), 0, 0.6);
  });

  it("randomGrayscale and cutout: as often as they say", () => {
    const red = imageWith(shape(4, 5, 3), (_y, _x, channel) => (channel === 0 ? 200 : 50));
    const grey = all({ randomGrayscale: { p: 0.25 } }, red).filter(({ pixels }) => pixels[0] === pixels[1]);
    near(grey.length / 2000, 0.25, 0.04);
    const white = imageWith(shape(4, 5, 1), () => 255);
    const covered = all({ cutout: { size: 1 } }, white, 4000).map(({ pixels }) => pixels.indexOf(0));
    for (let pixel = 0; pixel < 20; pixel++)
      near(covered.filter((at) => at === pixel).length / 4000, 1 / 20, 0.014);
  });
});
