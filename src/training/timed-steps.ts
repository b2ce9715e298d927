// Training steps on random images, and how long they take.

import type { Experiment } from "../config/experiment-spec.js";
import type { Engine } from "../engine/engine.js";
import { buildModel } from "../model/build-model.js";
import { drawInitialState } from "../model/initial-values.js";
import { buildNetwork } from "../network/build-network.js";
import type { Graph } from "../network/graph.js";
import { randomStream } from "../random.js";
import tf from "../tfjs-core.cjs";
import { createOptimizer } from "./optimizer.js";
import { type BatchShape, trainingStep } from "./steps.js";
import { stateOf } from "./training-state.js";

export interface TimedSteps {
  readonly graph: Graph;
  /** Runs the next step. Returns its duration in milliseconds. */
  readonly step: () => Promise<number>;
}

/** Prepares steps of an experiment's network, without data and with one batch of random images. */
export async function timedSteps(
  engine: Engine,
  { network, training }: Pick<Experiment, "network" | "training">,
  shape: BatchShape,
): Promise<TimedSteps> {
  const { height, width, channels, classes } = shape;
  const graph = buildNetwork(network, { shape: { height, width, channels }, classes });
  const drawnState = drawInitialState(graph, 1);
  const optimizer = createOptimizer(training.optimizer);
  const { model, state } = engine.build(() => {
    const model = buildModel(graph);
    return { model, state: stateOf(model, optimizer, training) };
  });
  const trainStep = trainingStep(model, { optimizer, state, shape, training, classWeights: null });
  const [initial, program] = await Promise.all([drawnState, engine.compile(trainStep)]);
  engine.writeState(initial);
  let drawn: { readonly images: Float32Array; readonly labels: Float32Array } | null = null;
  // The learning rate, noise of dropout, and the factors of sums and averages.
  const others = Object.fromEntries(
    Object.entries(trainStep.inputs).map(([name, shape]) => [
      name,
      new Float32Array(tf.util.sizeFromShape([...shape])).fill(0.01),
    ]),
  );
  let steps = 0;
  const step = async () => {
    drawn ??= randomBatch(shape);
    const start = performance.now();
    const scalars = Object.entries(optimizer.scalarValues(++steps)).map(([name, value]) => [
      name,
      Float32Array.of(value),
    ]);
    await program.run({ ...others, ...drawn, ...Object.fromEntries(scalars) });
    return performance.now() - start;
  };
  return { graph, step };
}

function randomBatch({ batch, height, width, channels, classes }: BatchShape) {
  const random = randomStream("timed steps");
  const images = Float32Array.from({ length: batch * height * width * channels }, () => random.uniform());
  const labels = new Float32Array(batch * classes);
  for (let row = 0; row < batch; row++) labels[row * classes + random.integer(classes)] = 1;
  return { images, labels };
}
