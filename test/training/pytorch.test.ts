// A small network trained with each option of `training` ends with the weights that PyTorch computes (test/golden/training.py).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { checkExperiment } from "../../src/config/experiment.js";
import { longForm } from "../../src/config/shorthand.js";
import { parseSource } from "../../src/config/source.js";
import type { Dataset } from "../../src/data/dataset.js";
import type { Split } from "../../src/data/split.js";
import { buildNetwork } from "../../src/network/build-network.js";
import { permutation, randomStream } from "../../src/random.js";
import type { State } from "../../src/runtime/program.js";
import { evaluatedWeights, withInitialAverages } from "../../src/training/averages.js";
import type { Evaluation } from "../../src/training/metrics.js";
import { createTrainer } from "../../src/training/trainer.js";
import { assertClose, COMPARED, ENGINES } from "../engine/both-engines.js";

interface Case {
  readonly name: string;
  readonly norm: boolean;
  /** The keys of `training` that are not the same in all cases. */
  readonly training: object;
  /** Parts that are not trained. */
  readonly freeze?: readonly string[];
  /** After two epochs, by name. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
  /** With `ema`, the averages of the weights. */
  readonly averages?: Case["weights"];
  /** The mean cross-entropy over all images at the end. */
  readonly loss: number;
}

interface Golden {
  readonly images: readonly (readonly number[])[];
  readonly labels: readonly number[];
  /** The weights before the first step, with and without BatchNorm. */
  readonly initial: Readonly<Record<"norm" | "plain", Case["weights"]>>;
  readonly cases: readonly Case[];
}

const GOLDEN = JSON.parse(readFileSync("test/golden/training.json", "utf8")) as Golden;
const SHAPE = { height: 4, width: 4, channels: 2 };
const CLASSES = 4;
const SEED = 3;
const EPOCHS = 2;

/** A split whose image k is the one at place k of the current `order`. */
function splitIn(order: () => Uint32Array): Split {
  const placeOf = (index: number) => order().indexOf(index);
  return {
    count: GOLDEN.images.length,
    classes: CLASSES,
    shape: SHAPE,
    get labels() {
      return Uint16Array.from(GOLDEN.labels, (_, index) => GOLDEN.labels[placeOf(index)] as number);
    },
    ahead: 0,
    load: async (indices) =>
      Float32Array.from([...indices].flatMap((index) => GOLDEN.images[placeOf(index)] as readonly number[])),
  };
}

/** The order of the file. */
const UNCHANGED: Uint32Array = Uint32Array.from(GOLDEN.images.keys());

function networkOf(norm: boolean): object {
  const last = { conv: { filters: 8, norm: false, bias: true } };
  const first = { conv: { filters: 8, kernel: 3, norm: false, bias: true } };
  return norm
    ? { stem: { filters: 8 }, stages: [{ modules: [last] }] }
    : { stem: "none", stages: [{ modules: [first, last] }] };
}

async function check(
  { norm, training, freeze = [], weights, averages, loss }: Case,
  engineName: keyof typeof ENGINES,
) {
  const network = { ...networkOf(norm), freeze };
  const written = { name: "test", dataset: { name: "synthetic" }, network, seed: SEED };
  const text = JSON.stringify({ ...written, training: { epochs: EPOCHS, ...training } });
  const checked = checkExperiment(longForm(parseSource(text, "test.yaml")), ".");
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics));
  const experiment = checked.value;
  const engine = await ENGINES[engineName]();
  const all = splitIn(() => UNCHANGED);
  let order = UNCHANGED;
  const dataset: Dataset = {
    ...{ shape: SHAPE, classes: CLASSES, classNames: [..."abcd"], fingerprint: "" },
    testFingerprint: "",
    normalisation: { mean: [0, 0], deviation: [1, 1] },
    close: () => {},
    train: splitIn(() => order),
    validation: all,
    test: all,
  };
  const graph = buildNetwork(experiment.network, dataset);
  const trainer = createTrainer({ experiment, graph, dataset, engine });
  await trainer.initialise();
  const initial = GOLDEN.initial[norm ? "norm" : "plain"];
  const start: State = new Map(Object.entries(initial).map(([name, own]) => [name, Float32Array.from(own)]));
  engine.writeState(withInitialAverages(start, trainer.shapes));
  let evaluation: Evaluation | null = null;
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    // The trainer shuffles the images of each epoch, and this puts them back in the order of the file.
    order = permutation(GOLDEN.images.length, randomStream("shuffle", SEED, epoch));
    await trainer.trainEpoch(epoch, () => {});
    evaluation = await trainer.evaluate(all);
  }
  const found = await engine.readState();
  const evaluated = evaluatedWeights(found);
  assert.deepEqual(new Set(evaluated.keys()), new Set(Object.keys(weights)));
  for (const [name, expected] of Object.entries(averages ?? weights))
    assertClose(evaluated.get(name), Float32Array.from(expected), {
      what: `${name}, as tested`,
      tolerance: 2e-5,
    });
  for (const [name, expected] of Object.entries(weights))
    assertClose(found.get(name), Float32Array.from(expected), { what: name, tolerance: 2e-5 });
  assertClose(Float32Array.of(evaluation?.loss ?? Number.NaN), Float32Array.of(loss), {
    what: "loss",
    tolerance: 2e-5,
  });
  await trainer.initialise();
  trainer.useWeights(evaluated);
  assert.deepEqual(await trainer.evaluate(all), evaluation);
  await engine.dispose();
}

for (const engine of ["eager", ...COMPARED] as const)
  describe(`training ends as in PyTorch, ${engine} engine`, () => {
    for (const one of GOLDEN.cases) it(one.name, () => check(one, engine));
  });
