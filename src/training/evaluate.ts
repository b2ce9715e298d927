// A compiled network and a split -> metrics over all images of the split.

import { equalBatches, loadBatches } from "../data/batches.js";
import { FIXED, type Split } from "../data/split.js";
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
  const sum = new MetricsSum(split.count);
  const batches = equalBatches(split.count, size);
  let start = 0;
  for await (const batch of loadBatches(split, { order, batches, classes, draw: FIXED })) {
    const results = await program.run({ images: batch.images });
    const images = order.subarray(start, start + batch.count);
    sum.add(results.logits as Float32Array, batch.classes, batch.count, images);
    onBatch?.(images, results);
    start += batch.count;
  }
  return {
    ...sum.mean(),
    confusion: sum.confusion(),
    errorsByClass: sum.errorsByClass(split.classes),
    predictions: sum.predictions,
  };
}
