// What a network of configs/zoo computes with random weights, for the peer zoo_peer.py: weights, images, logits, and the gradients of a step.
// Arguments: the network, the folder for <network>.safetensors, then overrides of the configuration (`network.padding=symmetric`).

import { join } from "node:path";
import { checkExperiment } from "../src/config/experiment.js";
import { readExperiment } from "../src/config/extended.js";
import { applyOverrides, parseSetFlag } from "../src/config/override.js";
import { longForm } from "../src/config/shorthand.js";
import { createCompiledEngine } from "../src/engine/compiled-engine.js";
import { buildModel } from "../src/model/build-model.js";
import { initialState } from "../src/model/initial-values.js";
import { buildNetwork } from "../src/network/build-network.js";
import { ownWeights } from "../src/network/ops.js";
import { inferShapes, inputShapes, weightsOf } from "../src/network/shapes.js";
import { randomStream } from "../src/random.js";
import { writeTensors } from "../src/records/safetensors.js";
import type { Program } from "../src/runtime/program.js";
import { createOptimizer } from "../src/training/optimizer.js";
import { evaluationStep, trainingStep } from "../src/training/steps.js";
import { stateOf } from "../src/training/training-state.js";

const BATCH = 10;
const SIZE = 64;
const CLASSES = 10;
/** Without chance, and so that a step changes weights by their gradients. */
const OVERRIDES = [
  ...[`dataset.size=${SIZE}`, `dataset.classes=${CLASSES}`, "network.dropPath=0", "network.head.dropout=0"],
  "training={ optimizer: { name: sgd, learningRate: 1, momentum: 0, weightDecay: 0 } }",
];

const [name = "", folder = ".", ...more] = process.argv.slice(2);
const located = applyOverrides(
  longForm(readExperiment(`configs/zoo/${name}.yaml`)),
  [...OVERRIDES, ...more].map(parseSetFlag),
);
if (!located.ok) throw new Error(JSON.stringify(located.diagnostics));
const checked = checkExperiment(located.value, "configs/zoo");
if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
const { network, training } = checked.value;
const input = { shape: { height: SIZE, width: SIZE, channels: 3 }, classes: CLASSES };
const graph = buildNetwork(network, input);
const shape = { batch: BATCH, ...input.shape, classes: CLASSES };
const weights = randomWeights();
const images = normal(BATCH * SIZE * SIZE * 3, "images");
const labels = new Float32Array(BATCH * CLASSES);
for (let image = 0; image < BATCH; image++) labels[image * CLASSES + image] = 1;

const { logits } = await resultOf("evaluation", { images });
const { logits: trained, state } = await resultOf("training", {
  images,
  labels,
  learning_rate: Float32Array.of(1),
});

const declared = weightsOf(graph);
const tensors = new Map<string, { shape: readonly number[]; values: Float32Array }>();
for (const [name, values] of weights) {
  const { shape } = declared.get(name) as { shape: readonly number[] };
  tensors.set(name, { shape, values });
  const after = state.get(name) as Float32Array;
  tensors.set(`gradient:${name}`, {
    shape,
    values: values.map((value, index) => value - (after[index] as number)),
  });
}
tensors.set("images", { shape: [BATCH, SIZE, SIZE, 3], values: images });
tensors.set("logits", { shape: [BATCH, CLASSES], values: logits as Float32Array });
tensors.set("training logits", { shape: [BATCH, CLASSES], values: trained as Float32Array });
const shapes = inferShapes(graph);
/** The nodes with weights in order, each with its op. */
const order = graph.flatMap((node) =>
  ownWeights(node, inputShapes(node, shapes)).length > 0 ? [[node.name, node.op]] : [],
);
writeTensors(join(folder, `${name}.safetensors`), { tensors, metadata: { order: JSON.stringify(order) } });
process.exit();

async function resultOf(kind: "evaluation" | "training", inputs: Record<string, Float32Array>) {
  const engine = await createCompiledEngine({ device: "cpu", threads: 2, blocked: kind === "training" });
  const { step } = engine.build(() => {
    const model = buildModel(graph);
    const optimizer = createOptimizer(training.optimizer);
    const state = stateOf(model, optimizer, training);
    const step =
      kind === "training"
        ? trainingStep(model, { optimizer, state, shape, training, classWeights: null })
        : evaluationStep(model, { shape, state });
    return { step, state };
  });
  const program: Program = await engine.compile(step);
  engine.writeState(weights);
  const results = await program.run(inputs);
  const state = await engine.readState();
  await engine.dispose();
  return { ...results, state } as { logits: Float32Array; state: ReadonlyMap<string, Float32Array> };
}

/** As at the start of a run, but no scale is 1 and no shift 0, so that a misplaced one shows. */
function randomWeights(): Map<string, Float32Array> {
  const declared = weightsOf(graph);
  const initial = initialState(graph, 1);
  return new Map(
    Array.from(initial, ([name, values]) => {
      const role = declared.get(name)?.role;
      if (role === "kernel") return [name, values];
      const noise = normal(values.length, name);
      const around = role === "scale" || role === "variance" ? 1 : 0;
      return [name, noise.map((value) => around + 0.2 * Math.tanh(value))];
    }),
  );
}

function normal(length: number, label: string): Float32Array {
  const random = randomStream("bench", label);
  return Float32Array.from({ length }, () => random.normal());
}
