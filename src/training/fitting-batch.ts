// A batch does not fit into memory: which one would.

import type { Experiment } from "../config/experiment-spec.js";
import type { Dataset } from "../data/dataset.js";
import { selectEngine } from "../engine/select-engine.js";
import type { Graph } from "../network/graph.js";
import { outputsOf } from "../network/shapes.js";
import type { EngineOptions } from "../runtime/devices.js";
import { OutOfMemoryError } from "../runtime/out-of-memory.js";
import { BatchTooLargeError } from "./failed-run.js";
import { timedSteps } from "./timed-steps.js";

interface Options extends EngineOptions {
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly dataset: Pick<Dataset, "shape">;
}

/** Tries halves of the batch, half of these, and so on. What did not fit must have been released. */
export async function batchTooLarge(
  options: Options,
  { predicted }: OutOfMemoryError,
): Promise<BatchTooLargeError> {
  const { batchSize, accumulate } = options.experiment.training;
  const why = predicted === null ? "" : ` (${predicted})`;
  const said = `the memory does not suffice for batches of ${batchSize} images${why}`;
  for (let batch = Math.floor(batchSize / 2); batch >= 2; batch = Math.floor(batch / 2))
    if (await fits(options, batch, predicted !== null)) {
      const groups = Math.ceil(batchSize / batch) * accumulate;
      return new BatchTooLargeError(
        `${said}; ${batch} fit: try training.batchSize=${batch}, with training.accumulate=${groups} for as many images per step (BatchNorm then uses the statistics of smaller batches)`,
      );
    }
  return new BatchTooLargeError(`${said}, nor of 2`);
}

/** `isPredicted`: whether it suffices that a step is expected to fit, without running one. */
async function fits(options: Options, batch: number, isPredicted: boolean): Promise<boolean> {
  const engine = await selectEngine(options);
  try {
    const shape = { batch, ...options.dataset.shape, classes: outputsOf(options.graph) };
    const { steps } = await timedSteps(engine, options.experiment, shape);
    if (!isPredicted) await steps();
    return true;
  } catch (error) {
    if (error instanceof OutOfMemoryError) return false;
    throw error;
  } finally {
    await engine.dispose();
  }
}
