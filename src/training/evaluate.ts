// A compiled network and a split -> metrics over all of its images.

import { type Batch, inOrder, takeBatch } from "../data/batches.js";
import type { Split } from "../data/dataset.js";
import type { Program, Values } from "../engine/engine.js";
import { type Metrics, MetricsSum } from "./metrics.js";

export interface EvaluationParts {
  /** Images the program takes at once; the last batch is filled up. */
  readonly size: number;
  readonly classes: number;
  /** Sees each batch, the index of its first image, and all that the program gave for it. */
  readonly onBatch?: (batch: Batch, start: number, results: Values) => void;
}

/** `program` has the input `images` and the output `logits`, among others. */
export async function evaluateSplit(
  program: Program,
  split: Split,
  { size, classes, onBatch }: EvaluationParts,
): Promise<Metrics> {
  const order = inOrder(split.count);
  const sum = new MetricsSum();
  for (let start = 0; start < split.count; start += size) {
    const batch = takeBatch(split, { order, start, size, classes });
    const results = await program.run({ images: batch.images });
    sum.add(results.logits as Float32Array, batch.classes, batch.count);
    onBatch?.(batch, start, results);
  }
  return sum.mean();
}
