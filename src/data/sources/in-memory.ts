// Images and labels in memory -> a dataset.

import { createHash } from "node:crypto";
import type { Shape } from "../../network/graph.js";
import type { ImagesInMemory, Part, RawDataset } from "../images.js";

export interface PartInMemory extends Part {
  readonly images: ImagesInMemory;
}

export function inMemory(shape: Shape, pixels: Uint8Array, labels: Uint8Array | Uint16Array): PartInMemory {
  return { images: { kind: "memory", shape, pixels }, labels };
}

/** Identified by a SHA-256 of all its pixels and labels. */
export function datasetInMemory(parts: {
  readonly classNames: readonly string[];
  readonly train: PartInMemory;
  readonly validation: PartInMemory | null;
  readonly test: PartInMemory | null;
}): RawDataset {
  const hash = createHash("sha256");
  for (const part of [parts.train, parts.validation, parts.test]) {
    const { shape, pixels } = part?.images ?? {};
    hash.update(JSON.stringify(part && [shape?.height, shape?.width, shape?.channels, part.labels.length]));
    if (part) hash.update(pixels as Uint8Array).update(Uint16Array.from(part.labels));
  }
  return { ...parts, fingerprint: hash.digest("hex"), broken: [], otherFiles: 0 };
}
