// A compiled network and a split -> metrics over all images of the split.

import { takeBatch } from "../data/batches.js";
import type { Split } from "../data/normalise.js";
import { permutation, randomStream } from "../random.js";
import type { Program, Values } from "../runtime/program.js";
import { type Evaluation, MetricsSum } from "./metrics.js";

export interface EvaluationParts {
  /** The batch size of the program. The last batch is padded. */
  readonly size: number;
  readonly classes: number;
  /** Called after each batch with the indices of its images in the split and the program's results. */
  readonly onBatch?: (images: Uint32Array, results: Values) => void;
}

/**
 * `program` has the input `images` and at least the output `logits`. Images are taken in a fixed random order, because many files
 * are sorted by class, which would matter for placebos that use another image of the batch.
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
