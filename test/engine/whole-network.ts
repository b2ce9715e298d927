// Trains a network for two steps and evaluates it on each engine, and compares the outcomes.

import assert from "node:assert/strict";
import type * as tf from "@tensorflow/tfjs-core";
import { checkExperiment, type Experiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { type Located, parseSource } from "../../src/config/source.js";
import { buildModel } from "../../src/model/build-model.js";
import { initialState } from "../../src/model/initial-values.js";
import { buildNetwork } from "../../src/network/build-network.js";
import type { Graph } from "../../src/network/graph.js";
import type { Values } from "../../src/runtime/program.js";
import { createOptimizer } from "../../src/training/optimizer.js";
import { type BatchShape, evaluationStep, trainingStep } from "../../src/training/steps.js";
import { stateOf } from "../../src/training/training-state.js";
import {
  assertSameOutcome,
  COMPARED,
  ENGINES,
  type Outcome,
  randomArray,
  runOn,
  type Subject,
} from "./both-engines.js";

const SMALL = { batch: 8, height: 9, width: 8, channels: 3, classes: 4 };

/** Throws if an engine's losses, logits, weights or moving statistics differ from those of the eager engine. */
export async function compareEngines(text: string, tolerance = 2e-4): Promise<void> {
  const source = parseSource(`name: test\ndataset: { name: synthetic }\n${text}`, "test.yaml");
  const experiment = experimentOf(source);
  const expected = await run(experiment, "eager");
  for (const engine of COMPARED) {
    const found = await run(experiment, engine);
    for (const [index, outcome] of found.entries()) {
      const what = `${engine}, ${index === 0 ? "training" : "evaluation"}`;
      assertSameOutcome(outcome, expected[index] as Outcome, { what, tolerance });
    }
  }
}

/** Throws if three steps in one call do not have the results and the state of three calls, bit for bit. */
export async function compareCalls(text: string, engine: keyof typeof ENGINES): Promise<void> {
  const source = parseSource(`name: test\ndataset: { name: synthetic }\n${text}`, "test.yaml");
  const experiment = experimentOf(source);
  const initial = initialState(graphOf(experiment, SMALL), 1);
  const inputs = [1, 2, 3].map((call) => inputsOf(experiment, call));
  const outcome = async (name: keyof typeof ENGINES, inOneCall: boolean) =>
    runOn(await ENGINES[name](), () => subjectOf(experiment, "train", SMALL), { initial, inputs, inOneCall });
  const expected = await outcome(engine === "as for CUDA" ? "plain" : engine, false);
  assert.deepEqual(await outcome(engine, false), expected);
  assert.deepEqual(await outcome(engine, true), expected);
}

export function experimentOf(source: Located): Experiment {
  const checked = checkExperiment(longForm(source), ".");
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics.map(({ message }) => message)));
  return checked.value;
}

export function graphOf({ network }: Experiment, shape: BatchShape): Graph {
  const { height, width, channels, classes } = shape;
  return buildNetwork(network, { shape: { height, width, channels }, classes });
}

export function subjectOf(experiment: Experiment, kind: "train" | "evaluate", shape: BatchShape): Subject {
  const { training } = experiment;
  const model = buildModel(graphOf(experiment, shape));
  const optimizer = createOptimizer(training.optimizer);
  const variables: Map<string, tf.Variable> = stateOf(model, optimizer, training);
  const step =
    kind === "train"
      ? trainingStep(model, {
          optimizer,
          state: variables,
          shape,
          training,
          classWeights: Array.isArray(training.classWeights)
            ? Float32Array.from(training.classWeights)
            : null,
        })
      : evaluationStep(model, { shape, state: variables });
  return { step, variables };
}

function inputsOf({ training }: Experiment, call: number): Values {
  const { batch, height, width, channels, classes } = SMALL;
  const labels = new Float32Array(batch * classes);
  for (let row = 0; row < batch; row++) labels[row * classes + ((row + call) % classes)] = 1;
  const scalars = createOptimizer(training.optimizer).scalarValues(call);
  return {
    images: randomArray(batch * height * width * channels, "images", call),
    labels,
    learning_rate: Float32Array.of(0.01),
    sum_factor: Float32Array.of(call - 1),
    gradient_factor: Float32Array.of(0.4),
    average_share: Float32Array.of(0.3),
    "noise:head.dropout": noise(batch * 8, call),
    "noise:stage1.block1.dropout": noise(batch * 5 * 4 * 8, call),
    ...Object.fromEntries(DROPPED_PATHS.map((node, index) => [`noise:${node}`, noise(batch, call + index)])),
    ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)])),
  };
}

const DROPPED_PATHS = [
  ...["stage1.block1.drop-path", "stage1.block2.drop-path", "stage2.block1.drop-path"],
  "stage1.block1.1.drop-path",
];

function noise(length: number, call: number): Float32Array {
  return randomArray(length, "noise", call).map((value) => Math.abs(Math.sin(value)));
}

async function run(experiment: Experiment, engine: keyof typeof ENGINES): Promise<[Outcome, Outcome]> {
  const initial = initialState(graphOf(experiment, SMALL), 1);
  const train = await runOn(await ENGINES[engine](), () => subjectOf(experiment, "train", SMALL), {
    initial,
    inputs: [1, 2].map((call) => inputsOf(experiment, call)),
  });
  const evaluate = await runOn(await ENGINES[engine](), () => subjectOf(experiment, "evaluate", SMALL), {
    initial: train.state,
    inputs: [inputsOf(experiment, 3)],
  });
  return [train, evaluate];
}
