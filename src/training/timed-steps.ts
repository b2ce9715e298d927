// Training steps on random images, and how long they take.

import type { Experiment } from "../config/experiment-spec.js";
import type { Engine } from "../engine/engine.js";
import { buildModel } from "../model/build-model.js";
import { drawInitialState } from "../model/initial-values.js";
import { buildNetwork } from "../network/build-network.js";
import type { Graph } from "../network/graph.js";
import { randomStream } from "../random.js";
import type { Values } from "../runtime/program.js";
import tf from "../tfjs-core.cjs";
import { createOptimizer } from "./optimizer.js";
import { bytesOf, queuedProgram } from "./step-queue.js";
import { type BatchShape, trainingStep } from "./steps.js";
import { stateOf } from "./training-state.js";

export interface TimedSteps {
  readonly graph: Graph;
  /** Runs the next step, or as many as are worthwhile in a call. Returns their durations in milliseconds. */
  readonly steps: () => Promise<readonly number[]>;
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
  const { atOnce } = queuedProgram(program);
  engine.writeState(initial);
  let drawn: { readonly images: Float32Array; readonly labels: Float32Array } | null = null;
  // The learning rate, noise of dropout, and the factors of sums and averages.
  const others = Object.fromEntries(
    Object.entries(trainStep.inputs).map(([name, shape]) => [
      name,
      new Float32Array(tf.util.sizeFromShape([...shape])).fill(0.01),
    ]),
  );
  let done = 0;
  const inputsOfNext = (): Values => {
    drawn ??= randomBatch(shape);
    const scalars = Object.entries(optimizer.scalarValues(++done)).map(([name, value]) => [
      name,
      Float32Array.of(value),
    ]);
    return { ...others, ...drawn, ...Object.fromEntries(scalars) };
  };
  const steps = async () => {
    const { count } = atOnce;
    const inputs = Array.from({ length: count }, inputsOfNext);
    const start = performance.now();
    await program.runEach(inputs);
    const milliseconds = performance.now() - start;
    atOnce.note({ steps: count, milliseconds, bytes: bytesOf(inputs[0]) });
    return new Array<number>(count).fill(milliseconds / count);
  };
  return { graph, steps };
}

function randomBatch({ batch, height, width, channels, classes }: BatchShape) {
  const random = randomStream("timed steps");
  const images = Float32Array.from({ length: batch * height * width * channels }, () => random.uniform());
  const labels = new Float32Array(batch * classes);
  for (let row = 0; row < batch; row++) labels[row * classes + random.integer(classes)] = 1;
  return { images, labels };
}
