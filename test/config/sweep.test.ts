// Expanding a sweep: which variants and runs there are, what they are called, which of them are the same.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { describe, it } from "mocha";
import type { StepSpec } from "../../src/config/experiment.js";
import { parseSetFlag } from "../../src/config/override.js";
import { parseSource, readSource } from "../../src/config/source.js";
import { checkSweep, isSweep } from "../../src/config/sweep.js";
import { DiagnosticError } from "../../src/diagnostic.js";
import { describedFacts } from "../../src/experiment/dataset-facts.js";
import { loadExperiment } from "../../src/experiment/load-experiment.js";
import { quickOverrides, quickSweep } from "../../src/experiment/quick.js";
import { type ExpandedSweep, expandSweep } from "../../src/sweep/expand.js";
import { loadSweep } from "../../src/sweep/load-sweep.js";
import { checkedPoints } from "../../src/sweep/points.js";
import type { Variant } from "../../src/sweep/variant.js";

const EXPERIMENT = `dataset: { name: synthetic, size: 8 }
  network: { stem: { filters: 16 }, stages: [{ block: basic, filters: 16 }], se: { r: 16 } }
`;

/** A sweep of the experiment above; further keys of it may be overridden by `experiment`. */
function expand(
  rest: string,
  experiment = EXPERIMENT,
  flags: readonly string[] = [],
): Promise<ExpandedSweep> {
  const located = parseSource(`name: s\nexperiment:\n  ${experiment}${rest}`, "s.yaml");
  return expandSweep(
    checkSweep(located, "s.yaml"),
    flags.map(parseSetFlag),
    describedFacts(() => {}),
  );
}

describe("variants", () => {
  const check = async (variant: string, expected: readonly string[], pick: (variant: Variant) => unknown) => {
    const { variants } = await expand(`variants: [{ ${variant} }]`);
    assert.deepEqual(
      variants.map((made) => `${made.name}: ${JSON.stringify(pick(made))}`),
      expected,
    );
  };
  const axes = (variant: Variant) => variant.axes;
  const training = ({ experiment: { training } }: Variant) => [training.epochs, training.batchSize];
  const EPOCHS = "training.epochs: '${e}'";
  const BATCH = "training.batchSize: '${b}'";

  it("without axes: one", () => check("name: a", ["a: {}"], axes));
  it("grid: the last axis changes fastest", () =>
    check(
      `name: 'e\${e}-b\${b}', grid: { e: [1, 2], b: [8, 16] }, set: { ${EPOCHS}, ${BATCH} }`,
      ["e1-b8: [1,8]", "e1-b16: [1,16]", "e2-b8: [2,8]", "e2-b16: [2,16]"],
      training,
    ));
  it("zip: values go in step", () =>
    check(
      `name: 'e\${e}-b\${b}', zip: { e: [1, 2], b: [8, 16] }, set: { ${EPOCHS}, ${BATCH} }`,
      ["e1-b8: [1,8]", "e2-b16: [2,16]"],
      training,
    ));
  it("grid and zip: every combination with every step", () =>
    check(
      `name: 's\${s}-\${e}-\${b}', grid: { s: [0.1, 0.2] }, zip: { e: [1, 2], b: [8, 16] },
       set: { ${EPOCHS}, ${BATCH}, training.labelSmoothing: '\${s}' }`,
      [
        's0.1-1-8: {"s":0.1,"e":1,"b":8}',
        's0.1-2-16: {"s":0.1,"e":2,"b":16}',
        's0.2-1-8: {"s":0.2,"e":1,"b":8}',
        's0.2-2-16: {"s":0.2,"e":2,"b":16}',
      ],
      axes,
    ));
  it("values of any kind have names", () =>
    check(
      "name: '${g}-${f}', grid: { g: { none: off, se: { type: se, r: 2 } }, f: { small: [8, 8], wide: 24 } }, set: { network.attention: '${g}', network.stages.0.filters: '${f}' }",
      [
        'none-small: [{"g":"none","f":"small"},[8,8],"off"]',
        'none-wide: [{"g":"none","f":"wide"},[24,24],"off"]',
        'se-small: [{"g":"se","f":"small"},[8,8],2]',
        'se-wide: [{"g":"se","f":"wide"},[24,24],2]',
      ],
      ({ axes: labels, experiment }) => {
        const [stage] = experiment.network.stages;
        if (!stage || !("filters" in stage)) return null;
        const { attention } = stage;
        return [labels, stage.filters, attention === "off" || attention.type !== "se" ? "off" : attention.r];
      },
    ));
  it("zip: named values go in step, and a name is what a longer text shows", () =>
    check(
      "name: '${f}', zip: { f: { small: [8, 8], wide: [24, 24] }, e: [1, 2] }, set: { network.stages.0.filters: '${f}', training.epochs: '${e}' }",
      ["small: [1,128]", "wide: [2,128]"],
      training,
    ));
  it("exclude: combinations that are left out", () =>
    check(
      `name: 'e\${e}-b\${b}', grid: { e: [1, 2, 3], b: [8, 16] }, exclude: [{ e: 3 }, { e: 1, b: 16 }], set: { ${EPOCHS}, ${BATCH} }`,
      ["e1-b8: [1,8]", "e2-b8: [2,8]", "e2-b16: [2,16]"],
      training,
    ));
  it("exclude: an axis of which each combination of the others has one value is not idle", () =>
    check(
      `name: 'e\${e}-b\${b}', grid: { e: [1, 2], b: [8, 16] }, exclude: [{ e: 1, b: 16 }, { e: 2, b: 8 }], set: { ${EPOCHS}, ${BATCH} }`,
      ["e1-b8: [1,8]", "e2-b16: [2,16]"],
      training,
    ));
  it("an axis alone keeps its type", () =>
    check(
      "name: '${b}', grid: { b: [true, false] }, set: { network.bias: '${b}' }",
      ["true: true", "false: false"],
      ({ experiment }) => experiment.network.bias,
    ));
  it("an axis in a longer text is written out", () =>
    check(
      "name: 'o${w}', grid: { w: ['', w] }, set: { training.optimizer: { name: 'adam${w}' } }",
      ['o: "adam"', 'ow: "adamw"'],
      ({ experiment }) => experiment.training.optimizer.name,
    ));
  it("an axis in a path", () =>
    check(
      "name: '${k}', grid: { k: [epochs, batchSize] }, set: { 'training.${k}': 7 }",
      ["epochs: [7,128]", "batchSize: [10,7]"],
      training,
    ));
  it("--set comes after what the variant sets", async () => {
    const { variants } = await expand("variants: [{ name: a, set: { training.epochs: 3 } }]", EXPERIMENT, [
      "training.epochs=4",
      "training.batchSize=5",
      "training.batchSize=6",
    ]);
    assert.deepEqual(variants.map(training), [[4, 6]]);
  });
  it("a gate replaces the one that was there, in either spelling", async () => {
    const { variants } = await expand(
      "variants: [{ name: a, set: { network.attention: { type: eca } } }, { name: b, set: { network.se: off } }]",
    );
    assert.deepEqual(
      variants.map(({ experiment: { network } }) =>
        network.stages.map((stage) =>
          "attention" in stage && stage.attention !== "off" ? stage.attention.type : "off",
        ),
      ),
      [["eca"], ["off"]],
    );
  });
  describe("set at any depth, and taking away", () => {
    const gatesOf = ({ experiment: { network } }: Variant) =>
      network.stages.map((stage) => ("attention" in stage ? stage.attention : stage.modules.map(gateOfStep)));
    const gateOfStep = ({ attention, residual }: StepSpec): unknown =>
      attention ?? residual?.branch.map(gateOfStep);
    const brief = (gates: unknown): string =>
      JSON.stringify(gates, (_, gate: { type?: string; r?: number } | string) =>
        typeof gate === "object" && "type" in gate ? `${gate.type}${gate.r ?? ""}` : gate,
      ).replaceAll('"', "");
    const BLOCKS = `dataset: { name: synthetic, size: 8 }
  network: { stem: { filters: 16 }, se: { r: 8 }, stages: [
    { block: basic, filters: 16, se: { r: 4 } }, { block: basic, filters: 16, r: 2 }, { block: basic, filters: 16, attention: off },
    { modules: [{ residual: { branch: [{ conv: { filters: 16 } }, { attention: { type: ese } }] } }] }] }
`;
    const checkSet = async (set: string, expected: string) => {
      const { variants } = await expand(`variants: [{ name: a, set: { ${set} } }]`, BLOCKS);
      assert.equal(brief(variants.map(gatesOf)), `[[${expected}]]`);
    };
    it("leaves all as it is where nothing is set", () => checkSet("", "se4,se2,off,[[null,ese]]"));
    it("switches every gate off", async () => {
      await checkSet("network.**.se: off", "off,off,off,[[null,off]]");
      await checkSet("network.**.attention: off", "off,off,off,[[null,off]]");
    });
    it("replaces every gate", async () => {
      await checkSet("network.**.attention: { type: eca }", "eca,eca,eca,[[null,eca]]");
      await checkSet("network.**.se: { r: 3 }", "se3,se3,se3,[[null,se3]]");
    });
    it("reaches gates that no stage inherits", async () => {
      const own = BLOCKS.replace("se: { r: 8 }, stages", "stages").replace(
        "filters: 16, r: 2 }",
        "filters: 16, se: { r: 2 } }",
      );
      const { variants } = await expand(
        "variants: [{ name: a, set: { network.**.attention: { type: eca } } }]",
        own,
      );
      assert.equal(brief(variants.map(gatesOf)), "[[eca,eca,eca,[[null,eca]]]]");
    });
    it("sets a value of every gate that is on", async () => {
      await checkSet(
        "network.**.attention.placement: pre, network.stages.3.modules.0.residual.branch.1.attention: { type: se, r: 5 }",
        "se4,se2,off,[[null,se5]]",
      );
      await checkSet(
        "network.stages.3.modules.0.residual.branch.1.attention: { type: se }, network.**.se.r: 3",
        "se3,se3,off,[[null,se3]]",
      );
    });
    it("replaces every activation except none and those of gates", async () => {
      const network = `dataset: { name: synthetic, size: 8 }
  network: { stem: { filters: 8, activation: gelu }, activation: relu6, stages: [
    { block: basic, filters: 8, activation: silu, se: { activation: gelu } },
    { modules: [{ conv: { filters: 8, activation: none } }, { conv: { filters: 8 } }, { residual: { branch: [{ norm: { activation: relu } }] } }] }] }
`;
      const { variants } = await expand(
        "variants: [{ name: a, set: { network.**.activation: hard-swish } }]",
        network,
      );
      const [variant] = variants.flat();
      const found: string[] = [];
      JSON.stringify(variant?.experiment.network, (key, value) => {
        if (key === "activation") found.push(value);
        return value;
      });
      const all = "hard-swish";
      assert.deepEqual(found, [all, all, "gelu", "none", all, all, all, "none", "none"]);
    });
    it("takes keys away, in either spelling", async () => {
      await checkSet("network.stages.0.se: ~", "se8,se2,off,[[null,ese]]");
      await checkSet(
        "network.stages.0.attention: null, network.stages.2.attention: null, network.stages.1.r: null",
        "se8,se8,se8,[[null,ese]]",
      );
    });
    it("is content where a variant says what differs", () =>
      checkSet(
        "network.attention: { type: eca }, network.stages.0.se: { r: 4 }, network.stages.1.r: ~, network.stages.2.attention: off, network.stages.3.modules.0.residual.branch.1.attention: off",
        "se4,eca,off,[[null,off]]",
      ));
    it("keeps the names of what follows a gate in modules", async () => {
      const names = async (set: string) =>
        (
          await expand(
            `variants: [{ name: a, set: { ${set} } }]`,
            BLOCKS.replace("{ type: ese } }]", "{ type: ese } }, { conv: { filters: 16 } }]"),
          )
        ).variants[0]?.graph
          .map(({ name }) => name)
          .filter((name) => name.startsWith("stage4") && !name.includes("ese"));
      assert.deepEqual(await names("network.**.se: off"), await names(""));
    });
  });
  it("paths start where they are written, or at the home folder", async () => {
    const data =
      "dataset: { name: idx, directory: data }\n  network: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\n";
    const facts = async () => ({
      shape: { height: 8, width: 8, channels: 1 },
      classes: 10,
      trainImages: 0,
      testImages: 0,
      fingerprint: "",
    });
    const checkPath = async (variant: string, flags: readonly string[], expected: string) => {
      const located = parseSource(
        `name: s\nexperiment:\n  ${data}variants: [{ name: a${variant} }]`,
        "there/s.yaml",
      );
      const { variants } = await expandSweep(
        checkSweep(located, "there/s.yaml"),
        flags.map(parseSetFlag),
        facts,
      );
      const [{ experiment }] = variants as [Variant];
      assert.equal(experiment.dataset.name === "idx" && experiment.dataset.directory, expected);
    };
    await checkPath("", [], resolve("there", "data"));
    await checkPath(", set: { dataset.directory: ../x }", [], resolve("x"));
    await checkPath(", set: { dataset: { name: idx, directory: x } }", [], resolve("there", "x"));
    await checkPath(", set: { dataset.directory: x }", ["dataset.directory=y"], resolve("y"));
    await checkPath("", ["dataset={ name: idx, directory: y }"], resolve("y"));
    await checkPath(", set: { dataset.directory: ~/x }", [], join(homedir(), "x"));
    await checkPath(", set: { dataset.directory: '${HOME}/x' }", [], join(homedir(), "x"));
    await checkPath(", set: { dataset.directory: '~x' }", [], resolve("there", "~x"));
  });
  it("can be tried quickly, whatever it is", async () => {
    for (const name of readdirSync("configs", { recursive: true, encoding: "utf8" })) {
      const file = join("configs", name);
      if (!name.endsWith(".yaml") || name.startsWith("base")) continue;
      const quick = { quick: true, set: [] };
      const source = readSource(file);
      const experiments = isSweep(source)
        ? checkedPoints(quickSweep(loadSweep(file)), quickOverrides(loadSweep(file).experiment)).points.map(
            ({ experiment }) => experiment,
          )
        : [loadExperiment(file, [], quick).experiment];
      for (const { training } of experiments) assert.equal(training.epochs, 1, name);
    }
  });
  it("names may be of any script, as long as a file system takes them", async () => {
    const named = (name: string) =>
      expand(`variants: [{ name: plain }, { name: '${name}', set: { network.se.r: 2 } }]`);
    for (const name of ["注意力", "внимание-r2", "größe", "é", "ไทย"])
      assert.equal((await named(name)).variants[1]?.name, name);
    for (const name of ["a/b", "注 意", "-x", "..", "x\u0000", "注".repeat(80), "\u202Eabc"])
      await assert.rejects(named(name), DiagnosticError, name);
    // One name, written with a letter and an accent or with one letter.
    await assert.rejects(
      expand("variants: [{ name: \u00e9 }, { name: e\u0301, set: { network.se.r: 2 } }]"),
      DiagnosticError,
    );
  });
  it("values that agree with what would be derived are no mistake", async () => {
    const fine = async (variant: string, experiment = EXPERIMENT, count = 1) =>
      assert.equal((await expand(`variants: [{ ${variant} }]`, experiment)).variants.length, count);
    await fine(
      "name: 'k${k}', grid: { k: [auto, 1, 3, 5] }, set: { network.attention: { type: eca, kernel: '${k}' } }",
      EXPERIMENT,
      4,
    );
    await fine("name: 'c${c}', grid: { c: [4, 10] }, set: { network.head.classes: '${c}' }", EXPERIMENT, 2);
    await fine(
      "name: a, set: { network.se.rounding: multiple-of-8 }",
      EXPERIMENT.replaceAll(": 16", ": 128"),
    );
    await fine("name: a, set: { network.stages.0.filters: [16, 16], network.stages.0.strides: [1, 1] }");
    // One of two points has a use for the key.
    await fine(
      "name: 'b${b}', grid: { b: [basic, bottleneck] }, set: { network.stages.0: { block: '${b}', filters: 16, stride: 2 }, network.strideIn: 3x3 }",
      EXPERIMENT,
      2,
    );
  });
  it("rows of zip that repeat in one axis differ in another", () =>
    check(
      "name: 'w${w}-r${r}', zip: { w: [8, 8, 16], r: [2, 4, 4] }, set: { network.stem.filters: '${w}', network.se.r: '${r}' }",
      ['w8-r2: {"w":8,"r":2}', 'w8-r4: {"w":8,"r":4}', 'w16-r4: {"w":16,"r":4}'],
      axes,
    ));
  it("match: a control for each value of an axis, by another variant's cost", async () => {
    const { variants } = await expand(
      `variants: [{ name: 'se-r\${r}', grid: { r: [1, 4] }, set: { network.se.r: '\${r}' } },
        { name: 'wide-r\${r}', grid: { r: [1, 4] }, set: { network.se: off }, match: { params: 'se-r\${r}' } }]`,
      EXPERIMENT.replaceAll("filters: 16", "filters: 64"),
    );
    const found = variants.slice(2).map(({ name, match, experiment, complexity }) => {
      assert.ok(match && Math.abs(match.ratio - 1) < 0.02, `${name}: ${match?.ratio}`);
      const target = variants.find(({ name }) => name === match.target)?.complexity.params
        .trainable as number;
      assert.equal(complexity.params.trainable, Math.round(match.ratio * target));
      const [stage] = experiment.network.stages;
      return stage && "filters" in stage ? stage.filters : [];
    });
    assert.deepEqual(found, [
      [67, 67],
      [65, 65],
    ]);
  });
  it("an item where an alias stands changes alone", async () => {
    const stages = "stages: [&s { block: basic, filters: 16 }, *s]";
    const { variants } = await expand(
      "variants: [{ name: a, set: { network.stages.1.repeat: 2 } }]",
      EXPERIMENT.replace(/stages: \[.*?\]/, stages),
    );
    assert.deepEqual(
      variants[0]?.experiment.network.stages.map(({ repeat }) => repeat),
      [1, 2],
    );
  });
});

describe("runs", () => {
  const VARIANTS = "variants: [{ name: a }, { name: b, set: { training.epochs: 3 } }]\n";
  const check = async (rest: string, expected: readonly string[]) => {
    const { runs } = await expand(VARIANTS + rest);
    assert.deepEqual(
      runs.map(({ name }) => name),
      expected,
    );
    for (const { seed, experiment } of runs) assert.equal(experiment.seed, seed);
  };
  it("seed by seed", () => check("seeds: [7, 5]", ["a/seed-7", "b/seed-7", "a/seed-5", "b/seed-5"]));
  it("three seeds by default", () =>
    check("", ["a/seed-1", "b/seed-1", "a/seed-2", "b/seed-2", "a/seed-3", "b/seed-3"]));
});

describe("baseline and metric", () => {
  const check = async (rest: string, expected: readonly string[]) => {
    const { baseline, metric } = await expand(`variants: [{ name: a }, { name: b }]\n${rest}`);
    assert.deepEqual([baseline, metric], expected);
  };
  it("first variant and test error", () => check("", ["a", "test_error"]));
  it("as compare says", () => check("compare: { baseline: b, metric: test_loss }", ["b", "test_loss"]));
});

describe("fingerprints", () => {
  const fingerprints = async (rest: string, experiment?: string) =>
    (await expand(`variants: [{ name: a${rest}\nseeds: [1]`, experiment)).runs.map(
      ({ fingerprint }) => fingerprint,
    );

  it("r = 32 and r = 64 of 16 channels are one network, and two variants", async () => {
    const { variants, runs } = await expand(
      "variants: [{ name: 'r${r}', grid: { r: [8, 32, 64] }, set: { network.se.r: '${r}' } }]\nseeds: [1]",
    );
    assert.deepEqual(
      variants.map(({ name }) => name),
      ["r8", "r32", "r64"],
    );
    const [r8, r32, r64] = runs.map(({ fingerprint }) => fingerprint);
    assert.equal(r32, r64);
    assert.notEqual(r8, r32);
  });

  const check = async (experiment: string, other: string, equal: boolean) => {
    const [[one], [two]] = [await fingerprints(" }]", experiment), await fingerprints(" }]", other)];
    assert.equal(one === two, equal);
  };
  const TABLE: Readonly<Record<string, readonly [edited: string, equal: boolean]>> = {
    "name of the experiment": [`name: other\n  ${EXPERIMENT}`, true],
    "seed of the experiment, which the sweep replaces": [`seed: 9\n  ${EXPERIMENT}`, true],
    "order of keys": [
      `network: { se: { r: 16 }, stages: [{ filters: 16, block: basic }], stem: { filters: 16 } }
  dataset: { size: 8, name: synthetic }\n`,
      true,
    ],
    "defaults written out": [`${EXPERIMENT}  training: { epochs: 10 }\n`, true],
    "short and long form": [
      EXPERIMENT.replace("filters: 16 }]", "filters: [16, 16], strides: [1, 1] }]"),
      true,
    ],
    "r that gives as many units": [EXPERIMENT.replace("r: 16", "r: 17"), true],
    training: [`${EXPERIMENT}  training: { epochs: 11 }\n`, false],
    optimizer: [`${EXPERIMENT}  training: { optimizer: { name: sgd, momentum: 0.8 } }\n`, false],
    "size of the images": [EXPERIMENT.replace("size: 8", "size: 9"), false],
    "number of images": [EXPERIMENT.replace("size: 8", "size: 8, images: 300"), false],
    network: [EXPERIMENT.replace("filters: 16 }]", "filters: 16, repeat: 2 }]"), false],
    "epsilon of BatchNorm": [EXPERIMENT.replace("se:", "batchNorm: { epsilon: 0.001 }, se:"), false],
  };
  for (const [name, [edited, equal]] of Object.entries(TABLE))
    it(`${name}: ${equal ? "the same run" : "another run"}`, () => check(EXPERIMENT, edited, equal));

  it("seed: another run", async () => {
    const { runs } = await expand("variants: [{ name: a }]\nseeds: [1, 2]");
    assert.equal(new Set(runs.map(({ fingerprint }) => fingerprint)).size, 2);
  });
});
