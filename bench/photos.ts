// A folder of JPEG files that are as hard to decode as photographs: smooth areas, and texture at every scale.

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { randomStream } from "../src/random.js";

export interface Photos {
  readonly count: number;
  readonly classes: number;
  readonly width: number;
  readonly height: number;
}

/** Width of the noise in pixels, and its share of the image; each layer is enlarged to the size of the photo. */
const LAYERS = [
  { size: 8, share: 0.55 },
  { size: 40, share: 0.25 },
  { size: 160, share: 0.12 },
  { size: 500, share: 0.08 },
] as const;

/** Further photos are copies of these. */
const DIFFERENT = 40;

/** `folder`/class-0/0.jpg and so on, of quality 90. Every fourth photo is upright, so that they cannot be packed at one size. */
export async function writePhotos(folder: string, { count, classes, width, height }: Photos): Promise<void> {
  for (let label = 0; label < classes; label++)
    mkdirSync(join(folder, `class-${label}`), { recursive: true });
  const fileOf = (index: number) => join(folder, `class-${index % classes}`, `${index}.jpg`);
  for (let index = 0; index < Math.min(count, DIFFERENT); index++) {
    const [wide, high] = index % 4 === 3 ? [height, width] : [width, height];
    const pixels = await noise(index, wide, high);
    await sharp(pixels, { raw: { width: wide, height: high, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(fileOf(index));
  }
  for (let index = DIFFERENT; index < count; index++) copyFileSync(fileOf(index % DIFFERENT), fileOf(index));
}

async function noise(index: number, width: number, height: number): Promise<Uint8Array> {
  const sum = new Float32Array(width * height * 3);
  for (const { size, share } of LAYERS) {
    const layer = await noiseLayer(index, { size: Math.min(size, width), width, height });
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + share * (layer[at] as number);
  }
  return Uint8Array.from(sum, (value) => Math.max(0, Math.min(255, 128 + 1.6 * (value - 128))));
}

async function noiseLayer(
  index: number,
  { size, width, height }: { size: number; width: number; height: number },
): Promise<Buffer> {
  const random = randomStream("photo", index, size);
  const own = { width: size, height: Math.max(2, Math.round((size * height) / width)), channels: 3 } as const;
  const pixels = Uint8Array.from({ length: own.width * own.height * 3 }, () => random.integer(256));
  return sharp(pixels, { raw: own }).resize(width, height, { fit: "fill", kernel: "cubic" }).raw().toBuffer();
}
