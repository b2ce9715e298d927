// Normalising an experiment: short forms, defaults, inheritance; and that the long form is a valid experiment itself.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { compileFromFile, type Options } from "json-schema-to-typescript";
import { describe, it } from "mocha";
import { stringify } from "yaml";
import type { Schema } from "../../schemas/json-schema.js";
import { keysPage } from "../../schemas/keys-page.js";
import {
  checkExperiment,
  type Experiment,
  isWrittenOut,
  type StageSpec,
} from "../../src/config/experiment.js";
import { readExperiment } from "../../src/config/extended.js";
import { directoryOf } from "../../src/config/paths.js";
import { longForm } from "../../src/config/shorthand.js";
import { type Located, parseSource } from "../../src/config/source.js";
import { isSweep } from "../../src/config/sweep.js";
import { DiagnosticError } from "../../src/diagnostic.js";
import { loadSweep } from "../../src/sweep/load-sweep.js";
import { checkedPoints } from "../../src/sweep/points.js";

function normalise(located: Located, directory = "/here"): Experiment {
  const checked = checkExperiment(longForm(located), directory);
  if (!checked.ok) throw new DiagnosticError(checked.diagnostics);
  return checked.value;
}

/** An experiment of one stage; `network` are further keys of the network. */
function experimentOf(stage: string, network = ""): Experiment {
  return normalise(
    parseSource(
      `{ name: e, dataset: { name: mnist }, network: { stem: { filters: 8 }, stages: [{ ${stage} }], ${network} } }`,
      "e.yaml",
    ),
  );
}

describe("short and long form", () => {
  const check = (stage: string, network: string, long: string) =>
    assert.deepEqual(experimentOf(stage, network), experimentOf(long));
  const BASIC = "block: basic, filters: [8, 8], kernels: [3, 3], repeat: 1";
  const LONG = "block: bottleneck, filters: [8, 8, 32], kernels: [1, 3, 1], repeat: 1";
  const TABLE: Readonly<Record<string, readonly [stage: string, network: string, long: string]>> = {
    "basic block": [
      "block: basic, filters: 8",
      "",
      `${BASIC}, strides: [1, 1], se: off, shortcut: projection`,
    ],
    "stride of a basic block": ["block: basic, filters: 8, stride: 2", "", `${BASIC}, strides: [2, 1]`],
    bottleneck: ["block: bottleneck, filters: 8", "", `${LONG}, strides: [1, 1, 1]`],
    "stride of a bottleneck": ["block: bottleneck, filters: 8, stride: 2", "", `${LONG}, strides: [2, 1, 1]`],
    "strideIn: 1x1": [
      "block: bottleneck, filters: 8, stride: 2",
      "strideIn: 1x1",
      `${LONG}, strides: [2, 1, 1]`,
    ],
    "strideIn: 3x3": [
      "block: bottleneck, filters: 8, stride: 2",
      "strideIn: 3x3",
      `${LONG}, strides: [1, 2, 1]`,
    ],
    "inverted bottleneck": [
      "block: inverted-bottleneck, filters: 8, stride: 2",
      "",
      "block: inverted-bottleneck, filters: [8], kernels: [3], strides: [2], expansion: auto, activation: relu",
    ],
    "activation of steps": [
      "modules: [{ conv: { filters: 8 } }, { residual: { branch: [{ norm: {} }], activation: none } }], activation: silu",
      "",
      "modules: [{ conv: { filters: 8, activation: silu } }, { residual: { branch: [{ norm: { activation: silu } }], activation: none } }], activation: silu",
    ],
    "se: {}": ["block: basic, filters: 8", "se: {}", `${BASIC}, se: { r: 16, bias: true }`],
    "se of the network": ["block: basic, filters: 8", "se: { r: 4 }", `${BASIC}, se: { r: 4, bias: true }`],
    "r of the stage": [
      "block: basic, filters: 8, r: 2",
      "se: { r: 4, bias: false }",
      `${BASIC}, se: { r: 2, bias: false }`,
    ],
    "r beside se": [
      "block: basic, filters: 8, se: { bias: false }, r: 2",
      "",
      `${BASIC}, se: { r: 2, bias: false }`,
    ],
    shortcut: ["block: basic, filters: 8", "shortcut: zero-pad", `${BASIC}, shortcut: zero-pad`],
    "shortcut of the stage": [
      "block: basic, filters: 8, shortcut: projection",
      "shortcut: zero-pad",
      `${BASIC}, shortcut: projection`,
    ],
  };
  for (const [name, [stage, network, long]] of Object.entries(TABLE))
    it(name, () => check(stage, network, long));

  it("the network's se does not reach a stage that has its own", () => {
    const stages =
      "[{ block: basic, filters: 8, se: { r: 8 } }, { block: basic, filters: 8, se: off }, { block: basic, filters: 8 }]";
    const text = `{ name: e, dataset: { name: mnist }, network: { stem: { filters: 8 }, stages: ${stages}, se: { r: 2, bias: false } } }`;
    assert.deepEqual(normalise(parseSource(text, "e.yaml")).network.stages.map(gateOf), [
      [8, true],
      "off",
      [2, false],
    ]);
  });
});

function gateOf(stage: StageSpec): [number, boolean] | "off" {
  if (isWrittenOut(stage) || stage.attention === "off" || stage.attention.type !== "se") return "off";
  return [stage.attention.r, stage.attention.bias];
}

describe("defaults", () => {
  const check = (text: string, pick: (experiment: Experiment) => unknown, expected: unknown) =>
    it(text || "only what is required", () => {
      const network = "network: { stem: { filters: 8, pool: {} }, stages: [{ block: basic, filters: 8 }] }";
      const dataset = text.startsWith("dataset") ? "" : "dataset: { name: mnist },";
      assert.deepEqual(
        pick(normalise(parseSource(`{ name: e, ${dataset} ${network}, ${text} }`, "e.yaml"))),
        expected,
      );
    });
  const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  check("", (experiment) => experiment, {
    name: "e",
    dataset: {
      ...{
        name: "mnist",
        validation: 1000,
        train: "all",
        classes: "all",
        labelNoise: 0,
        imbalance: 1,
        split: 0,
      },
      ...{ normalize: "dataset", transforms: { train: [], test: [] } },
    },
    network: {
      stem: {
        convs: [{ filters: 8, kernel: 3, stride: 1 }],
        activation: "relu",
        norm: "auto",
        pool: { type: "max", kernel: 3, stride: 2 },
      },
      stages: [
        {
          block: "basic",
          repeat: 1,
          filters: [8, 8],
          kernels: [3, 3],
          strides: [1, 1],
          groups: 1,
          scale: 1,
          shortcut: "projection",
          projection: 1,
          dropout: 0,
          activation: "relu",
          expansion: "auto",
          attention: "off",
        },
      ],
      head: { norm: false, hidden: "none", activation: "none", dropout: 0, classes: "dataset", pool: "avg" },
      bias: false,
      padding: "same",
      zeroInit: false,
      dropPath: 0,
      norm: "batch",
      layerScale: "off",
      freeze: [],
      batchNorm: { epsilon: 1e-5, momentum: 0.9 },
    },
    training: {
      epochs: 10,
      batchSize: 128,
      accumulate: 1,
      dropLast: false,
      precision: "float32",
      deterministic: false,
      optimizer: {
        name: "sgd",
        learningRate: 0.1,
        momentum: 0.9,
        nesterov: false,
        weightDecay: 0.0001,
        decayNormAndBias: true,
      },
      schedule: { name: "constant", warmup: 0 },
      labelSmoothing: 0,
      classWeights: "none",
      clipNorm: "off",
      ema: "off",
      mixup: "off",
      cutmix: "off",
      select: "last",
      stop: "off",
    },
    from: "none",
    seed: 1,
    sourceSeeds: {},
  });
  const optimizer = ({ training }: Experiment) => training.optimizer;
  const schedule = ({ training }: Experiment) => training.schedule;
  check("training: { optimizer: { name: adam } }", optimizer, {
    name: "adam",
    learningRate: 0.001,
    ...ADAM,
    weightDecay: 0,
    decayNormAndBias: true,
  });
  check("training: { optimizer: { name: adamw } }", optimizer, {
    name: "adamw",
    learningRate: 0.001,
    ...ADAM,
    weightDecay: 0.01,
    decayNormAndBias: true,
  });
  check("training: { schedule: { name: steps, at: [3] } }", schedule, {
    name: "steps",
    at: [3],
    factor: 0.1,
    warmup: 0,
  });
  check("training: { epochs: 12, schedule: { name: steps, at: [25%, 7.5, 75 %] } }", schedule, {
    name: "steps",
    at: [3, 7.5, 9],
    factor: 0.1,
    warmup: 0,
  });
  check("training: { schedule: { name: steps, at: [2, 32000 steps, 50%] } }", schedule, {
    name: "steps",
    at: [2, "32000 steps", 5],
    factor: 0.1,
    warmup: 0,
  });
  check("training: { mixup: {}, cutmix: {} }", ({ training: { mixup, cutmix } }) => ({ mixup, cutmix }), {
    mixup: { alpha: 0.2 },
    cutmix: { alpha: 1 },
  });
  check("training: { schedule: { name: cosine } }", schedule, { name: "cosine", final: 0, warmup: 0 });
  check("dataset: { name: synthetic, size: 4 }", ({ dataset }) => dataset, {
    name: "synthetic",
    size: 4,
    channels: 3,
    classes: 4,
    images: 256,
    test: 64,
    validation: 64,
    normalize: "dataset",
    transforms: { train: [], test: [] },
  });
  for (const [directory, expected] of [
    ["data", "/here/data"],
    ["../data", "/data"],
    ["/data", "/data"],
  ])
    check(
      `dataset: { name: idx, directory: ${directory} }`,
      ({ dataset }) => dataset.name === "idx" && dataset.directory,
      expected,
    );
});

describe("a normalised experiment, written as YAML and read again, is the same", () => {
  const check = (experiment: Experiment) =>
    assert.deepEqual(normalise(parseSource(stringify(experiment), "again.yaml"), "/elsewhere"), experiment);
  const configs = readdirSync("configs", { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".yaml") && !name.startsWith("base"),
  );
  for (const file of configs.map((name) => `configs/${name}`))
    it(file, async () => {
      const source = readExperiment(file);
      if (!isSweep(source)) check(normalise(source, directoryOf(file)));
      else for (const { experiment } of checkedPoints(loadSweep(file), []).points) check(experiment);
    });
  for (const [stage, network] of [
    ["block: bottleneck, filters: 8, stride: 2", "strideIn: 3x3, shortcut: zero-pad, bias: true"],
    ["block: basic, filters: 8, r: 2", "se: { bias: false }, batchNorm: { epsilon: 0.001 }"],
    ["block: basic, filters: 8, se: off", "head: { dropout: 0.5, classes: 10 }"],
  ] as const)
    it(`${stage}; ${network}`, () => check(experimentOf(stage, network)));
});

describe("generated types are those of `npm run types`", () => {
  const check = async (name: string, options: Partial<Options>) =>
    assert.equal(
      await compileFromFile(`schemas/${name}.schema.json`, {
        additionalProperties: false,
        ignoreMinAndMaxItems: true,
        ...options,
      }),
      readFileSync(`src/config/${name}-schema.ts`, "utf8"),
    );
  it("experiment", () => check("experiment", {})).timeout(10_000);
  it("sweep", () => check("sweep", { cwd: "schemas" })).timeout(10_000);
  it("the page of keys", () => {
    const read = (name: string) => JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")) as Schema;
    const page = readFileSync("docs/keys.md", "utf8");
    assert.equal(page, keysPage(read("experiment"), read("sweep")));
    for (const key of ["`classWeights`", "**`stages`**", "`r`", "`placement`", "`baseline`"])
      assert.ok(page.includes(key), key);
  });
});
