// An encoded image (JPEG, PNG, WebP, GIF, TIFF, AVIF) -> its pixels, upright, with 8 bits per channel, without transparency.

import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import type sharpLibrary from "sharp";
import type { Metadata, Region, Sharp, SharpOptions } from "sharp";
import { InputError } from "../diagnostic.js";
import type { Image } from "./images.js";
import type { Window } from "./transforms/crop.js";

export interface Format {
  readonly channels: 1 | 3;
  /** Red, green and blue, on which transparent images are put. */
  readonly background: readonly number[];
  /** Of the image, for messages. */
  readonly name: string;
}

/** `source`: the path of a file, or its content. Rejects with InputError if it is not an image, or damaged. */
export async function decode(source: string | Uint8Array, format: Format): Promise<Image> {
  try {
    // libvips opens a file a dozen times to find out its format.
    return await pixelsOf(open(typeof source === "string" ? readFileSync(source) : source), format);
  } catch (cause) {
    throw unreadable(format.name, cause);
  }
}

/**
 * Part of an image, whose rows below that part are not decoded. Resolves to null if this is not possible: only of JPEG files that are
 * not cut short, so that it does not depend on the part whether an image is found damaged.
 */
export async function decodePart(
  content: Uint8Array,
  { top, left, height, width }: Window,
  format: Format,
): Promise<Image | null> {
  if (!isJpeg(content)) return null;
  return pixelsOf(open(content), format, { top, left, height, width }).catch(() => null);
}

/** From the marker of its start to that of its end. */
function isJpeg(content: Uint8Array): boolean {
  const pair = (at: number) => 256 * (content[at] ?? 0) + (content[at + 1] ?? 0);
  return pair(0) === 0xffd8 && pair(content.length - 2) === 0xffd9;
}

async function pixelsOf(image: Sharp, { channels, background }: Format, region?: Region): Promise<Image> {
  const [r, g, b] = background as readonly [number, number, number];
  const upright = image.autoOrient();
  const part = region ? upright.extract(region) : upright;
  const { data, info } = await part
    .flatten({ background: { r, g, b } })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { shape: { height, width, channels }, pixels: withChannels(data, info.channels, channels) };
}

/** Width and height of an image, upright. Reads only its header. Rejects with InputError. */
export async function sizeOfEncoded(
  source: string | Uint8Array,
  name: string,
): Promise<{ readonly width: number; readonly height: number }> {
  const { autoOrient, width, height } = await metadataOf(source).catch((cause: unknown) => {
    throw unreadable(name, cause);
  });
  if (Math.max(width, height) > MOST_PIXELS_A_SIDE)
    throw new InputError(
      `${name}: an image of ${width}x${height} pixels; at most ${MOST_PIXELS_A_SIDE} per side`,
    );
  return autoOrient;
}

/** The first bytes of a file are read faster than libvips finds its format, and say enough unless it is GIF, TIFF or WebP. */
async function metadataOf(source: string | Uint8Array): Promise<Metadata> {
  if (typeof source !== "string") return open(source).metadata();
  try {
    return await open(beginningOf(source)).metadata();
  } catch {
    return open(source).metadata();
  }
}

const BEGINNING = 2 ** 16;

function beginningOf(file: string): Uint8Array {
  const descriptor = openSync(file, "r");
  try {
    const bytes = new Uint8Array(BEGINNING);
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

const MOST_PIXELS_A_SIDE = 65_535;
/** About 11,000 x 11,000, or 400 MB. A small file can declare more. */
const MOST_PIXELS = 2 ** 27;
/** How many pixels are decoded at the same time. */
export const PIXELS_AT_A_TIME = 2 ** 26;

const OPTIONS: SharpOptions = { failOn: "warning", limitInputPixels: MOST_PIXELS, pages: 1 };

/**
 * Formats of libvips besides those above. The content of a file decides what it is read as, whatever its name, and an SVG can refer to
 * other files. They are blocked one by one because other threads may be decoding images meanwhile.
 */
const OTHER_LOADERS = [
  ...["Analyze", "Csv", "DcRaw", "Fits", "Jp2k", "Jxl", "Magick", "Magick7", "Mat", "Matrix", "Nifti"],
  ...["Openexr", "Openslide", "Pdf", "Ppm", "Rad", "Raw", "Svg", "Uhdr", "Vips"],
].map((format) => `VipsForeignLoad${format}`);

function open(source: string | Uint8Array): Sharp {
  return library()(source, OPTIONS);
}

/** Loaded only if images have to be decoded: not every platform has it. */
function library(): typeof sharpLibrary {
  try {
    const sharp = createRequire(import.meta.url)("sharp") as typeof sharpLibrary;
    sharp.cache(false);
    // Threads within an image cost more than they gain; several images are decoded at the same time.
    sharp.concurrency(1);
    sharp.block({ operation: OTHER_LOADERS });
    return sharp;
  } catch (cause) {
    throw new InputError(
      `images cannot be decoded, because the npm package sharp does not work here (${(cause as Error).message.split("\n")[0]}); npm's flag --omit=optional leaves out the part of it that it needs`,
      { cause },
    );
  }
}

function unreadable(name: string, cause: unknown): InputError {
  if (cause instanceof InputError) return cause;
  const [reason] = (cause as Error).message.trim().split("\n");
  return new InputError(`${name} is not an image that can be read, or it is damaged (${reason})`, { cause });
}

/** Grey becomes colour by repetition. Colour becomes grey as in Pillow: (19595 R + 38470 G + 7471 B + 2^15) / 2^16. */
function withChannels(pixels: Uint8Array, from: number, to: 1 | 3): Uint8Array {
  if (from === to) return pixels;
  const count = pixels.length / from;
  const result = new Uint8Array(count * to);
  for (let index = 0; index < count; index++) {
    const start = index * from;
    if (to === 3) result.fill(pixels[start] as number, 3 * index, 3 * index + 3);
    else if (from < 3) result[index] = pixels[start] as number;
    else {
      const [r, g, b] = [pixels[start], pixels[start + 1], pixels[start + 2]] as [number, number, number];
      result[index] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
    }
  }
  return result;
}
