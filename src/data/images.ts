// Images as bytes, and where those of a dataset are.

import type { Shape } from "../network/graph.js";

export interface Image {
  readonly shape: Shape;
  /** [height, width, channels], channels fastest. */
  readonly pixels: Uint8Array;
}

/** Where images are: plain data, of which threads receive copies. */
export type Images = ImagesInMemory | PackedImages | EncodedImages;

/** Images of the same shape in memory. */
export interface ImagesInMemory {
  readonly kind: "memory";
  readonly shape: Shape;
  /** [images, height, width, channels] */
  readonly pixels: Uint8Array;
}

/** Images of the same shape, one after another in a file. */
export interface PackedImages {
  readonly kind: "packed";
  readonly shape: Shape;
  readonly file: string;
  /** [images], CRC-32 */
  readonly checksums: Uint32Array;
}

/** JPEG, PNG and so on. */
export interface EncodedImages {
  readonly kind: "encoded";
  readonly places: ImageFiles | PiecesOfFile | PiecesInMemory;
  /** [images, 2]: width and height, upright. */
  readonly sizes: Uint16Array;
  readonly channels: 1 | 3;
  /** Red, green and blue, on which transparent images are put. */
  readonly background: readonly number[];
}

export interface ImageFiles {
  readonly folder: string;
  /** The path of each image below the folder. */
  readonly names: readonly string[];
}

/** Image i has `lengths[i]` bytes, from `starts[i]`. */
interface Pieces {
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
  readonly origin: Origin;
}

/** The tables that images were taken from, for messages. */
export interface Origin {
  /** With their numbers of rows. */
  readonly files: readonly { readonly file: string; readonly rows: number }[];
  /** [images]: the row of each image, counted through all files. */
  readonly rows: Uint32Array;
}

export interface PiecesOfFile extends Pieces {
  readonly file: string;
  /** Of the file. */
  readonly bytes: number;
  /** [images], CRC-32 */
  readonly checksums: Uint32Array;
}

export interface PiecesInMemory extends Pieces {
  readonly content: Uint8Array;
}

/** A part of a dataset as its publisher divided it. */
export interface Part {
  readonly images: Images;
  /** [images] */
  readonly labels: Uint8Array | Uint16Array;
}

export type PartName = "train" | "validation" | "test";

/** A dataset, divided as in its source. */
export interface RawDataset {
  /** In the order of the labels, from label 0. */
  readonly classNames: readonly string[];
  readonly train: Part;
  /** Null if the validation images are to be taken from the training images. */
  readonly validation: Part | null;
  /** Null if the test images are to be taken from the training images. */
  readonly test: Part | null;
  /** Identifies the images and labels of all parts. */
  readonly fingerprint: string;
  /** Messages about the images that were skipped because they are broken. */
  readonly broken: readonly string[];
  /** The number of visible files that are not images. */
  readonly otherFiles: number;
}

/** The name of an image that was taken from a table. */
export function originOf({ files, rows }: Origin, image: number): string {
  let row = rows[image] as number;
  for (const { file, rows } of files) {
    if (row < rows) return `${file}, row ${row + 1}`;
    row -= rows;
  }
  throw new Error(`image ${image} is in none of the files`);
}

export function sizeOf({ height, width, channels }: Shape): number {
  return height * width * channels;
}

/** The shape of an image. */
export function shapeOf(images: Images, index: number): Shape {
  if (images.kind !== "encoded") return images.shape;
  const [width, height] = images.sizes.subarray(2 * index, 2 * index + 2) as unknown as [number, number];
  return { height, width, channels: images.channels };
}

/** Memory that threads can share. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}
