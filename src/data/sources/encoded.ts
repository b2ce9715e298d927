// Encoded images, before any is decoded: their sizes, and which of them are broken.

import { InputError } from "../../diagnostic.js";
import { decode, type Format, PIXELS_AT_A_TIME, sizeOfEncoded } from "../decode.js";
import { type Limited, limitedTo } from "../limited.js";
import type { OnProgress } from "../progress.js";

/** What was found out about encoded images. */
export interface Inspection {
  /** [images, 2]: width and height, upright; 0 if an image is broken. */
  readonly sizes: Uint16Array;
  /** The messages about broken images, by their positions. */
  readonly broken: ReadonlyMap<number, string>;
}

export interface InspectOptions {
  readonly format: Omit<Format, "name">;
  /** Whether each image is decoded, which finds all damage, or only its header read. */
  readonly isThorough: boolean;
  readonly onProgress: OnProgress;
}

/** The number of images that are inspected at the same time. */
const AT_A_TIME = 32;

/** `imageAt`: the path of an image or its content, and its name for messages. */
export async function inspect(
  count: number,
  imageAt: (index: number) => { readonly source: string | Uint8Array; readonly name: string },
  { format, isThorough, onProgress }: InspectOptions,
): Promise<Inspection> {
  const sizes = new Uint16Array(2 * count);
  const broken = new Map<number, string>();
  const limited = limitedTo(PIXELS_AT_A_TIME);
  const look = async (index: number) => {
    const { source, name } = imageAt(index);
    const found = await inspectOne(source, name, { format, isThorough }, limited);
    if (typeof found === "string") broken.set(index, found);
    else sizes.set([found.width, found.height], 2 * index);
  };
  for (let start = 0; start < count; start += AT_A_TIME) {
    const some = Array.from({ length: Math.min(AT_A_TIME, count - start) }, (_, offset) => start + offset);
    await Promise.all(some.map(look));
    onProgress({
      what: isThorough ? "checking images" : "looking at images",
      done: start + some.length,
      of: count,
    });
  }
  return { sizes, broken };
}

/** The size of an image, or a message about what is wrong with it. */
export async function inspectOne(
  source: string | Uint8Array,
  name: string,
  { format, isThorough }: Pick<InspectOptions, "format" | "isThorough">,
  limited: Limited = (_, decodeNow) => decodeNow(),
): Promise<{ readonly width: number; readonly height: number } | string> {
  try {
    const size = await sizeOfEncoded(source, name);
    if (isThorough) await limited(size.width * size.height, () => decode(source, { ...format, name }));
    return size;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

/** An inspection as JSON. */
export interface StoredInspection {
  readonly sizes: string;
  readonly broken: readonly (readonly [number, string])[];
}

export function toStored({ sizes, broken }: Inspection): StoredInspection {
  const bytes = Buffer.from(sizes.buffer, sizes.byteOffset, sizes.byteLength);
  return { sizes: bytes.toString("base64"), broken: [...broken] };
}

export function fromStored({ sizes, broken }: StoredInspection): Inspection {
  const bytes = new Uint8Array(Buffer.from(sizes, "base64"));
  return { sizes: new Uint16Array(bytes.buffer), broken: new Map(broken) };
}

/** The positions of the images to use: all, or those that are not broken. Throws InputError for broken ones unless skipped. */
export function usable(count: number, { broken }: Inspection, treatment: "error" | "skip"): Uint32Array {
  const [first] = broken.values();
  if (first !== undefined && treatment === "error")
    throw new InputError(
      `${first}${broken.size > 1 ? `; ${broken.size - 1} more images are broken` : ""}. \`dataset.broken: skip\` leaves out broken images, and \`squeezebox data check\` lists them`,
    );
  return Uint32Array.from({ length: count }, (_, index) => index).filter((index) => !broken.has(index));
}

/** The sizes of some of the images. */
export function sizesOf({ sizes }: Inspection, images: Uint32Array): Uint16Array {
  const own = new Uint16Array(2 * images.length);
  for (const [position, index] of images.entries())
    own.set(sizes.subarray(2 * index, 2 * index + 2), 2 * position);
  return own;
}
