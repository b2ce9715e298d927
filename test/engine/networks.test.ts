import type * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { checkExperiment, type Experiment } from "../../src/config/experiment.js";
import { parseSource } from "../../src/config/source.js";
import type { Values } from "../../src/engine/engine.js";
import { buildModel } from "../../src/model/build-model.js";
import { initialValues } from "../../src/model/initial-values.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { createOptimizer } from "../../src/training/optimizer.js";
import { evaluationStep, stateOf, trainingStep } from "../../src/training/steps.js";
import {
  assertSameOutcome,
  ENGINES,
  type Outcome,
  randomArray,
  runOn,
  type Subject,
} from "./both-engines.js";

const SMALL = { batch: 8, height: 9, width: 8, channels: 3, classes: 4 };

/** Network and training of an experiment, in YAML. */
const NETWORKS: Record<string, string> = {
  "basic, plain":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, repeat: 2, filters: 8 }, { block: basic, filters: 16, stride: 2 }] }",
  "basic, SE":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, repeat: 2, filters: 8 }, { block: basic, filters: 16, stride: 2 }], se: { r: 4 } }",
  "SE without bias, off in one stage":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8, se: off }, { block: basic, filters: 16, stride: 2 }], se: { r: 2, bias: false } }",
  bottleneck:
    "network: { stem: { filters: 8 }, stages: [{ block: bottleneck, repeat: 2, filters: 8 }, { block: bottleneck, filters: 8, stride: 2 }], se: { r: 8 } }",
  "bottleneck, stride in the 3x3":
    "network: { strideIn: 3x3, stem: { filters: 8 }, stages: [{ block: bottleneck, filters: 8, stride: 2 }] }",
  "zero-padded shortcuts":
    "network: { shortcut: zero-pad, stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }, { block: basic, filters: 16, stride: 2 }] }",
  "stem with max pool, biases":
    "network: { bias: true, stem: { filters: 8, kernel: 7, stride: 2, pool: {} }, stages: [{ block: basic, filters: 8 }] }",
  "stem with average pool over whole windows":
    "network: { stem: { filters: 8, pool: { type: avg, kernel: 1, stride: 2 } }, stages: [{ block: basic, filters: 8 }] }",
  "odd channels":
    "network: { stem: { filters: 5 }, stages: [{ block: basic, filters: 7, stride: 2 }, { block: basic, filters: 12 }], se: { r: 3 } }",
  dropout:
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }], head: { dropout: 0.5 } }",
  "label smoothing":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { labelSmoothing: 0.1 }",
  nesterov:
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: { name: sgd, nesterov: true, weightDecay: 0.01 } }",
  "sgd without momentum":
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: { name: sgd, momentum: 0 } }",
  adam: "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: { name: adam, weightDecay: 0.01 } }",
  adamw:
    "network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\ntraining: { optimizer: { name: adamw } }",
};

function experimentOf(text: string): Experiment {
  const checked = checkExperiment(
    parseSource(`name: test\ndataset: { name: synthetic }\n${text}`, "test.yaml"),
    ".",
  );
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics.map(({ message }) => message)));
  return checked.value;
}

function subjectOf({ network, training }: Experiment, kind: "train" | "evaluate"): Subject {
  const { batch, height, width, channels, classes } = SMALL;
  const model = buildModel(buildNetwork(network, { shape: { height, width, channels }, classes }));
  const optimizer = createOptimizer(training.optimizer);
  const variables: Map<string, tf.Variable> = stateOf(model, optimizer);
  const step =
    kind === "train"
      ? trainingStep(model, {
          optimizer,
          state: variables,
          shape: SMALL,
          labelSmoothing: training.labelSmoothing,
        })
      : evaluationStep(model, { ...SMALL, batch });
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
    "noise:head.dropout": randomArray(batch * 8, "noise", call).map((value) => Math.abs(Math.sin(value))),
    ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)])),
  };
}

async function run(experiment: Experiment, engine: keyof typeof ENGINES): Promise<[Outcome, Outcome]> {
  const { variables } = await prepared(experiment, engine);
  const initial = new Map(
    Array.from(variables, ([name, { shape }]) => [name, initialValues(name, shape, 1)]),
  );
  const train = await runOn(await ENGINES[engine](), () => subjectOf(experiment, "train"), {
    initial,
    inputs: [1, 2].map((call) => inputsOf(experiment, call)),
  });
  const evaluate = await runOn(await ENGINES[engine](), () => subjectOf(experiment, "evaluate"), {
    initial: train.state,
    inputs: [inputsOf(experiment, 3)],
  });
  return [train, evaluate];
}

/** Names and shapes of the state. */
async function prepared(experiment: Experiment, engine: keyof typeof ENGINES): Promise<Subject> {
  await ENGINES[engine]();
  return subjectOf(experiment, "train");
}

describe("whole networks: two training steps and an evaluation, compiled and eager", () => {
  for (const [name, text] of Object.entries(NETWORKS)) {
    it(name, async () => {
      const experiment = experimentOf(text);
      const expected = await run(experiment, "eager");
      for (const engine of ["plain", "blocked"] as const) {
        const found = await run(experiment, engine);
        found.forEach((outcome, index) => {
          assertSameOutcome(outcome, expected[index] as Outcome, {
            what: `${engine}, ${index === 0 ? "training" : "evaluation"}`,
            tolerance: 2e-4,
          });
        });
      }
    });
  }
});
