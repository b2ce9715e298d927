// An experiment -> the memory that training it on the CPU will need, without training it.

import { liveBytes } from "../compile/live-bytes.js";
import { simplified } from "../compile/lower.js";
import { trace, useTraceBackend } from "../compile/trace/trace.js";
import type { Experiment } from "../config/experiment-spec.js";
import { epochBatches } from "../data/batches.js";
import type { DatasetFacts } from "../data/dataset.js";
import { buildModel } from "../model/build-model.js";
import type { Graph } from "../network/graph.js";
import { outputsOf } from "../network/shapes.js";
import { neededBytes, stateBytes } from "../runtime/memory.js";
import { createOptimizer } from "./optimizer.js";
import { type StepKind, stepKinds } from "./train-epoch.js";
import { type ProgramKind, STEPS } from "./trainer.js";
import { stateOf } from "./training-state.js";

/** Of a process, in bytes, without the images that it keeps in memory. */
export function plannedMemory(
  { training }: Pick<Experiment, "training">,
  graph: Graph,
  { shape, trainImages }: Pick<DatasetFacts, "shape" | "trainImages">,
): number {
  useTraceBackend();
  const optimizer = createOptimizer(training.optimizer);
  const model = buildModel(graph);
  const state = stateOf(model, optimizer, training);
  const batches = epochBatches(trainImages, training);
  const kinds = stepKinds(batches, training.accumulate);
  const programs = new Map<string, { readonly kind: ProgramKind; readonly size: number }>();
  for (const [index, { size }] of batches.entries()) {
    const kind = kinds[index] as StepKind;
    programs.set(`${kind} ${size}`, { kind, size });
  }
  programs.set("evaluate", { kind: "evaluate", size: training.batchSize });
  const live = Array.from(programs.values(), ({ kind, size }) => {
    const batch = { batch: size, ...shape, classes: outputsOf(graph) };
    const step = STEPS[kind](model, { optimizer, state, shape: batch, training, classWeights: null });
    return liveBytes(simplified(trace(step, state)));
  });
  return neededBytes({
    liveBytes: live.reduce((sum, bytes) => sum + bytes, 0),
    stateBytes: stateBytes(state.values()),
  });
}
