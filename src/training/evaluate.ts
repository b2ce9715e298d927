// A compiled network and a split -> metrics over all of its images.

import { takeBatch } from "../data/batches.js";
import type { Split } from "../data/normalise.js";
import { permutation, randomStream } from "../random.js";
import type { Program, Values } from "../runtime/program.js";
import { type Evaluation, MetricsSum } from "./metrics.js";

export interface EvaluationParts {
  /** Images the program takes at once; the last batch is filled up. */
  readonly size: number;
  readonly classes: number;
  /** Sees the indices of each batch's images in the split, and all that the program gave for them. */
  readonly onBatch?: (images: Uint32Array, results: Values) => void;
}

/**
 * `program` has the input `images` and the output `logits`, among others. Files have their images sorted by class as often as
 * not: they are taken in a random order, the same each time, for the sake of placebos that look at another image of the batch.
 */
export async function evaluateSplit(
  program: Program,
  split: Split,
  { size, classes, onBatch }: EvaluationParts,
): Promise<Evaluation> {
  const order = permutation(split.count, randomStream("evaluation"));
  const sum = new MetricsSum();
  for (let start = 0; start < split.count; start += size) {
    const batch = takeBatch(split, { order, start, size, classes });
    const results = await program.run({ images: batch.images });
    sum.add(results.logits as Float32Array, batch.classes, batch.count);
    onBatch?.(order.subarray(start, start + batch.count), results);
  }
  return { ...sum.mean(), errorsByClass: sum.errorsByClass(split.classes) };
}
