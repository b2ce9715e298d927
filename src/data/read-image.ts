// The place of an image -> the image.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import CRC32 from "crc-32";
import { InputError } from "../diagnostic.js";
import { readRegularFile } from "../regular-file.js";
import { decode, decodePart, PIXELS_AT_A_TIME } from "./decode.js";
import {
  type EncodedImages,
  type Image,
  type Images,
  originOf,
  type PackedImages,
  shapeOf,
  sizeOf,
} from "./images.js";
import { limitedTo } from "./limited.js";
import { crop, type Window } from "./transforms/crop.js";

/** Reads an image or part of it. Throws InputError, or rejects with it, if the image is damaged. */
export type ReadImage = (index: number, window?: Window) => Image | Promise<Image>;

export interface ImageReader {
  readonly read: ReadImage;
  close(): void;
}

export function readerOf(images: Images): ImageReader {
  switch (images.kind) {
    case "memory": {
      const { shape, pixels } = images;
      const size = sizeOf(shape);
      return {
        read: (index, window) =>
          cropped({ shape, pixels: pixels.subarray(index * size, (index + 1) * size) }, window),
        close: () => {},
      };
    }
    case "packed":
      return packedReader(images);
    case "encoded":
      return encodedReader(images);
  }
}

function packedReader({ shape, file, checksums }: PackedImages): ImageReader {
  const size = sizeOf(shape);
  const pieces = openPieces(file, checksums.length * size);
  return {
    read: (index, window) => {
      const piece = { start: index * size, length: size, checksum: checksums[index] as number };
      return cropped({ shape, pixels: pieces.read(piece) }, window);
    },
    close: pieces.close,
  };
}

/** The largest file of an image. */
const MOST_BYTES = 2 ** 30;

function encodedReader(images: EncodedImages): ImageReader {
  const { places } = images;
  const limited = limitedTo(PIXELS_AT_A_TIME);
  const decodeOne = (index: number, window: Window | undefined, source: () => Uint8Array, name: string) => {
    const { width, height } = shapeOf(images, index);
    return limited(width * height, async () => {
      const content = source();
      const part = window && (await decodePart(content, window, { ...images, name }));
      if (part) return part;
      const image = await decode(content, { ...images, name });
      if (image.shape.width !== width || image.shape.height !== height)
        throw new InputError(
          `${name} has changed while it was in use: it has ${image.shape.width}x${image.shape.height} pixels instead of ${width}x${height}`,
        );
      return cropped(image, window);
    });
  };
  if ("folder" in places)
    return {
      read: (index, window) => {
        const file = join(places.folder, places.names[index] as string);
        return decodeOne(index, window, () => readRegularFile(file, MOST_BYTES), file);
      },
      close: () => {},
    };
  const range = (index: number) => ({
    start: places.starts[index] as number,
    length: places.lengths[index] as number,
  });
  if ("content" in places)
    return {
      read: (index, window) => {
        const { start, length } = range(index);
        const content = () => places.content.slice(start, start + length);
        return decodeOne(index, window, content, originOf(places.origin, index));
      },
      close: () => {},
    };
  const pieces = openPieces(places.file, places.bytes);
  return {
    read: (index, window) => {
      const piece = { ...range(index), checksum: places.checksums[index] as number };
      return decodeOne(index, window, () => pieces.read(piece), originOf(places.origin, index));
    },
    close: pieces.close,
  };
}

function cropped(image: Image, window: Window | undefined): Image {
  return window ? crop(image, window, 0) : image;
}

interface Piece {
  readonly start: number;
  readonly length: number;
  readonly checksum: number;
}

/** Reads pieces of a file of the cache, and verifies them. */
function openPieces(file: string, length: number): { read(piece: Piece): Uint8Array; close(): void } {
  const damaged = () =>
    new InputError(`${file} is damaged: remove it with \`squeezebox data clean\`, and it is made again`);
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (cause) {
    throw new InputError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  if (fstatSync(descriptor).size !== length) {
    closeSync(descriptor);
    throw damaged();
  }
  return {
    read: (piece) => {
      const bytes = new Uint8Array(piece.length);
      const count = readSync(descriptor, bytes, 0, piece.length, piece.start);
      if (count !== piece.length || checksumOf(bytes) !== piece.checksum) throw damaged();
      return bytes;
    },
    close: () => closeSync(descriptor),
  };
}

/** CRC-32, not negative. */
export function checksumOf(bytes: Uint8Array): number {
  return CRC32.buf(bytes) >>> 0;
}
