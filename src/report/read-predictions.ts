// The runs of a comparison -> what they have predicted of each test image.

import { join } from "node:path";
import { type Predictions, readPredictions } from "../records/predictions.js";
import { readResult, runFolder } from "../records/run-folder.js";
import type { PlannedRun, SweepTables } from "./read-sweep.js";

/** Seed -> predictions, of the runs that have them. */
export type PredictionsBySeed = ReadonlyMap<number, Predictions>;

/** Damaged files are named, and left out, and so are those with other images than the first one. */
export function predictionsOf(
  { folder }: Pick<SweepTables, "folder">,
  runs: readonly PlannedRun[],
  damaged: string[],
): PredictionsBySeed {
  const found = new Map<number, Predictions>();
  for (const { run, seed, result } of runs) {
    if (result === null) continue;
    const path = join(folder, run);
    const checksum = readResult(path)?.predictions ?? null;
    if (checksum === null) continue;
    try {
      const predictions = readPredictions(runFolder(path).predictions, checksum);
      const [first = predictions] = found.values();
      if (haveSameImages(first, predictions)) found.set(seed, predictions);
    } catch (error) {
      damaged.push(`${(error as Error).message}; its predictions are left out`);
    }
  }
  return found;
}

export function haveSameImages(one: Predictions, other: Predictions): boolean {
  return Buffer.from(one.label.buffer).equals(Buffer.from(other.label.buffer));
}

/** Whether an image is misclassified. */
export function isWrongAt({ label, predicted }: Predictions, image: number): boolean {
  return label[image] !== predicted[image];
}
