// A compiled network and a split -> metrics over all of its images.

import { equalBatches, loadBatches } from "../data/batches.js";
import { FIXED, type Split } from "../data/split.js";
import { permutation, randomStream } from "../random.js";
import type { Program, Values } from "../runtime/program.js";
import { type Evaluation, MetricsSum } from "./metrics.js";

export interface EvaluationParts {
  /** The number of images that the program takes at once; the last batch is filled up. */
  readonly size: number;
  readonly classes: number;
  /** Called with the indices of the images of each batch in the split, and with all outputs of the program. */
  readonly onBatch?: (images: Uint32Array, results: Values) => void;
}

/**
 * `program` has the input `images` and the output `logits`, among others. Images are often sorted by class in their files, so
 * they are taken in a random order, the same each time: a placebo gate uses the next image in the batch.
 */
export async function evaluateSplit(
  program: Program,
  split: Split,
  { size, classes, onBatch }: EvaluationParts,
): Promise<Evaluation> {
  const order = permutation(split.count, randomStream("evaluation"));
  const sum = new MetricsSum();
  const batches = equalBatches(split.count, size);
  let start = 0;
  for await (const batch of loadBatches(split, { order, batches, classes, draw: FIXED })) {
    const results = await program.run({ images: batch.images });
    sum.add(results.logits as Float32Array, batch.classes, batch.count);
    onBatch?.(order.subarray(start, start + batch.count), results);
    start += batch.count;
  }
  return { ...sum.mean(), errorsByClass: sum.errorsByClass(split.classes) };
}
