// The runs of a comparison -> what they have predicted of each test image.

import { join } from "node:path";
import { type Predictions, readPredictions } from "../records/predictions.js";
import { readRunData } from "../records/run-data.js";
import { readResult, runFolder } from "../records/run-folder.js";
import type { LabelledVariant } from "./comparable-variants.js";

export interface TestPredictions extends Predictions {
  /** Identifies the test images. */
  readonly test: string;
}

/** Seed -> predictions, of the runs that have them. */
export type PredictionsBySeed = ReadonlyMap<number, TestPredictions>;

/** Damaged files and runs that were tested on other images than the first one are named, and left out. */
export function predictionsOf(
  { sweep, label, runs }: Pick<LabelledVariant, "sweep" | "label" | "runs">,
  damaged: string[],
): PredictionsBySeed {
  const found = new Map<number, TestPredictions>();
  let others = 0;
  for (const { run, seed, result } of runs) {
    if (result === null) continue;
    const path = join(sweep.folder, run);
    const files = runFolder(path);
    const checksum = readResult(path)?.predictions ?? null;
    if (checksum === null) continue;
    try {
      const test = readRunData(files.data).testFingerprint ?? "";
      const [first] = found.values();
      if (first && first.test !== test) others++;
      else found.set(seed, { ...readPredictions(files.predictions, checksum), test });
    } catch (error) {
      damaged.push(`${(error as Error).message}; its predictions are left out`);
    }
  }
  if (others > 0)
    damaged.push(
      `${label}: ${others} ${others === 1 ? "run was" : "runs were"} tested on other images than the first, and ${others === 1 ? "its predictions are" : "their predictions are"} left out`,
    );
  return found;
}

/** Whether an image is misclassified. */
export function isWrongAt({ label, predicted }: Predictions, image: number): boolean {
  return label[image] !== predicted[image];
}
