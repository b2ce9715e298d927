// Selected images -> images that are quick to read, and their normalisation. Encoded images are decoded once, and transformed as
// far as that is the same in every epoch; the results are kept in memory or in the cache.

import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import type { TransformSpec } from "../config/experiment-spec.js";
import type { Shape } from "../network/graph.js";
import { permutation, randomStream } from "../random.js";
import { cached, cachedTable } from "./cache.js";
import { type Image, type Images, sharedBytes, sizeOf } from "./images.js";
import { channelSums, type Normalisation } from "./normalisation.js";
import type { Selection } from "./partition.js";
import type { OnProgress } from "./progress.js";
import { checksumOf, type ReadImage, readerOf } from "./read-image.js";
import { shapeAfterAll } from "./shapes.js";
import { atFirstRandom, fixedOnes, transformed } from "./transforms/transforms.js";

export interface Prepared extends Selection {
  /** What remains to be done each time an image is read. */
  readonly transforms: readonly TransformSpec[];
}

export interface PrepareOptions {
  /** Identifies the dataset. */
  readonly fingerprint: string;
  readonly usesCache: boolean;
  readonly onProgress: OnProgress;
}

/** Up to this size, images are kept in memory. */
export const MOST_BYTES_IN_MEMORY = 2 ** 28;
/** Up to this size, decoded images are kept in the cache. */
const MOST_BYTES_PACKED = 2 ** 35;

export async function prepare(
  selection: Selection,
  transforms: readonly TransformSpec[],
  options: PrepareOptions,
): Promise<Prepared> {
  const { images, indices } = selection;
  if (images.kind !== "encoded") return { ...selection, images: inSharedMemory(images), transforms };
  const { fixed, rest } = atFirstRandom(transforms);
  const shape = shapeAfterAll(selection, fixed);
  const bytes = shape === null ? Number.POSITIVE_INFINITY : sizeOf(shape) * indices.length;
  if (shape === null || bytes > MOST_BYTES_PACKED) return { ...selection, transforms };
  const packing: Packing = { selection, fixed, shape, ...options };
  const packed = options.usesCache ? await pack(packing) : null;
  if (packed === null && bytes > MOST_BYTES_IN_MEMORY) return { ...selection, transforms };
  const memory = packed === null || bytes <= MOST_BYTES_IN_MEMORY;
  return {
    part: selection.part,
    images: memory ? await inMemory(packing, packed) : packed,
    indices: Uint32Array.from(indices.keys()),
    labels: selection.labels,
    transforms: rest,
  };
}

/** Statistics of large datasets that have to be decoded for them are taken from this many images, chosen at random. */
const MOST_IMAGES = 20_000;

/** The mean and standard deviation of each channel of the selected images, after those transforms that are not random. */
export async function statisticsOf(
  selection: Selection,
  transforms: readonly TransformSpec[],
  { prepared, ...options }: PrepareOptions & { readonly prepared: Prepared },
): Promise<Normalisation> {
  const { images, indices } = prepared;
  const fixed = fixedOnes(prepared.transforms);
  const isSampled = images.kind === "encoded" && indices.length > MOST_IMAGES;
  const sample = isSampled
    ? permutation(indices.length, randomStream("statistics"))
        .subarray(0, MOST_IMAGES)
        .map((position) => indices[position] as number)
    : indices;
  const measure = async () => {
    let sums: ReturnType<typeof channelSums> | null = null;
    await eachImage({ images, indices: sample, fixed }, "measuring images", options, (image) => {
      sums ??= channelSums(image.shape.channels);
      sums.add(image);
    });
    return (sums as unknown as ReturnType<typeof channelSums>).normalisation();
  };
  if (!options.usesCache || images.kind === "memory") return measure();
  // What they are taken from, however much of it is prepared.
  const from = [options.fingerprint, selection.part, hashOf(selection.indices), fixedOnes(transforms)];
  return cachedTable(["statistics", ...from], measure);
}

interface Packing extends PrepareOptions {
  readonly selection: Selection;
  readonly fixed: readonly TransformSpec[];
  readonly shape: Shape;
}

/** Null if the cache cannot be used. */
async function pack({ selection, fixed, shape, ...options }: Packing): Promise<PackedImages | null> {
  const { part, images, indices } = selection;
  const entry = await cached(
    ["packed", options.fingerprint, part, hashOf(indices), fixed],
    async (content) => {
      const checksums: number[] = [];
      const descriptor = openSync(content, "w");
      try {
        await eachImage({ images, indices, fixed }, "packing images", options, ({ pixels }) => {
          checksums.push(checksumOf(pixels));
          for (let written = 0; written < pixels.length; ) written += writeSync(descriptor, pixels, written);
        });
      } finally {
        closeSync(descriptor);
      }
      return { checksums };
    },
  );
  return (
    entry && {
      kind: "packed",
      shape,
      file: entry.content,
      checksums: Uint32Array.from(entry.table.checksums),
    }
  );
}
type PackedImages = Extract<Images, { kind: "packed" }>;

async function inMemory(
  { selection, fixed, shape, ...options }: Packing,
  packed: PackedImages | null,
): Promise<Images> {
  const { indices } = selection;
  const pixels = sharedBytes(sizeOf(shape) * indices.length);
  const from =
    packed === null
      ? { images: selection.images, indices, fixed }
      : { images: packed, indices: Uint32Array.from(indices.keys()), fixed: [] };
  await eachImage(from, packed === null ? "decoding images" : "", options, (image, position) =>
    pixels.set(image.pixels, position * sizeOf(shape)),
  );
  return { kind: "memory", shape, pixels };
}

function inSharedMemory(images: Exclude<Images, { kind: "encoded" }>): Images {
  if (images.kind !== "memory" || images.pixels.buffer instanceof SharedArrayBuffer) return images;
  const pixels = sharedBytes(images.pixels.length);
  pixels.set(images.pixels);
  return { ...images, pixels };
}

/** The number of images that are decoded at the same time. */
const AT_A_TIME = 32;

/** Calls `use` with each selected image, in order, after the transforms. */
export async function eachImage(
  { images, indices, fixed }: { images: Images; indices: Uint32Array; fixed: readonly TransformSpec[] },
  what: string,
  { onProgress }: Pick<PrepareOptions, "onProgress">,
  use: (image: Image, position: number) => void,
): Promise<void> {
  const { read, close } = readerOf(images);
  const none = randomStream();
  try {
    for (let start = 0; start < indices.length; start += AT_A_TIME) {
      const some = indices.subarray(start, start + AT_A_TIME);
      for (const [offset, image] of (await readAll(read, some)).entries())
        use(fixed.length > 0 ? transformed(image, fixed, none) : image, start + offset);
      if (what !== "") onProgress({ what, done: start + some.length, of: indices.length });
    }
  } finally {
    close();
  }
}

/** Images in memory are not waited for: a promise each would take longer than reading them. */
async function readAll(read: ReadImage, indices: Uint32Array): Promise<readonly Image[]> {
  const images = Array.from(indices, (index) => read(index));
  return images.some((image) => image instanceof Promise) ? Promise.all(images) : (images as Image[]);
}

function hashOf(indices: Uint32Array): string {
  return createHash("sha256").update(indices).digest("hex");
}
