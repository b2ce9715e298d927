// Transforms that resample images or compute with their values, compared with torchvision's of PIL images.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import crc32 from "crc-32";
import { describe, it } from "mocha";
import type { TransformSpec } from "../../src/config/experiment-spec.js";
import type { Image } from "../../src/data/images.js";
import { transformed } from "../../src/data/transforms/transforms.js";
import { drawing } from "./drawing.js";

interface StoredImage {
  readonly shape: readonly [number, number, number];
  /** Base64. */
  readonly pixels: string;
}

const { images, cases, trivialAugment } = JSON.parse(
  readFileSync("test/golden/transforms-pil.json", "utf8"),
) as {
  images: Record<string, StoredImage>;
  cases: { transform: TransformSpec; draws: number[]; image: string; result: StoredImage }[];
  /** The image, the three draws, and the CRC-32 of the pixels of the result. */
  trivialAugment: [image: string, op: number, magnitude: number, sign: number, checksum: number][];
};

const imageOf = ({ shape: [height, width, channels], pixels }: StoredImage): Image => ({
  shape: { height, width, channels },
  pixels: new Uint8Array(Buffer.from(pixels, "base64")),
});

const stored = (name: string) => imageOf(images[name] as StoredImage);

const NAMES = [
  ...["affine", "colorJitter", "cutout", "grayscale", "randAugment", "randomGrayscale", "randomResizedCrop"],
  ...["resize", "rotate"],
];

describe("transforms of PIL images", () => {
  for (const name of NAMES)
    it(`${name}: as torchvision, byte by byte`, () => {
      const own = cases.filter(({ transform }) => name in transform);
      assert.ok(own.length >= 10);
      for (const { transform, draws, image, result } of own) {
        const before = stored(image);
        const random = drawing(draws);
        const found = transformed(before, [transform], random);
        assert.deepEqual(found, imageOf(result), JSON.stringify({ transform, draws, image }));
        assert.deepEqual(before, stored(image), "the image itself has changed");
        assert.throws(random.uniform, /one draw too many/, "a draw is left over");
      }
    });

  it("trivialAugment: as torchvision in every operation, magnitude and sign", () => {
    assert.equal(trivialAugment.length, 3 * 14 * 31 * 2);
    for (const [image, ...rest] of trivialAugment) {
      const [op, magnitude, sign, checksum] = rest;
      const random = drawing([op, magnitude, sign]);
      const { pixels } = transformed(stored(image), [{ trivialAugment: { fill: 60 } }], random);
      assert.equal(crc32.buf(pixels) >>> 0, checksum, JSON.stringify({ image, op, magnitude, sign }));
    }
  });
});
