// What an experiment makes of those that it extends, and where mistakes in any of them are reported.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "mocha";
import { parseSetFlag } from "../../src/config/override.js";
import { DiagnosticError } from "../../src/diagnostic.js";
import { loadExperiment } from "../../src/experiment/load-experiment.js";
import { loadSweep } from "../../src/sweep/load-sweep.js";
import { checkedPoints } from "../../src/sweep/points.js";
import { inTemporaryFolder } from "../temporary-folder.js";

type Files = Readonly<Record<string, string>>;

function write(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const experimentIn = (files: Files, set: readonly string[] = []) =>
  inTemporaryFolder(async (folder) => {
    write(folder, files);
    const { experiment } = loadExperiment(join(folder, "own.yaml"), set.map(parseSetFlag));
    return { folder, experiment };
  });

const BASE = `name: base
dataset: { name: synthetic, size: 8, classes: 3 }
network: { stem: { filters: 8 }, se: { r: 2 }, stages: [{ block: basic, filters: 8 }, { block: basic, filters: 16 }] }
training: { epochs: 3, optimizer: { name: sgd, learningRate: 0.1, momentum: 0.5 } }
`;

describe("extends", () => {
  it("merges mappings and replaces everything else", async () => {
    const own = `name: own
extends: base.yaml
dataset: { size: 16 }
network: { stages: [{ block: basic, filters: 4 }] }
training: { optimizer: { learningRate: 0.2 } }
`;
    const { experiment } = await experimentIn({ "base.yaml": BASE, "own.yaml": own });
    const { name, dataset, network, training } = experiment;
    assert.equal(name, "own");
    assert.deepEqual([dataset.name, "size" in dataset && dataset.size], ["synthetic", 16]);
    assert.deepEqual(
      network.stages.map((stage) => "filters" in stage && stage.filters),
      [[4, 4]],
    );
    const { optimizer, epochs } = training;
    assert.deepEqual([epochs, optimizer.name, optimizer.learningRate], [3, "sgd", 0.2]);
    assert.equal("momentum" in optimizer && optimizer.momentum, 0.5);
  });

  it("replaces mappings of another kind", async () => {
    const own = `name: own
extends: base.yaml
network: { attention: { type: eca } }
training: { optimizer: { name: adam } }
`;
    const { experiment } = await experimentIn({ "base.yaml": BASE, "own.yaml": own });
    const [stage] = experiment.network.stages;
    assert.ok(stage && "attention" in stage && stage.attention !== "off");
    assert.equal(stage.attention.type, "eca");
    assert.deepEqual(
      [experiment.training.optimizer.name, experiment.training.optimizer.learningRate],
      ["adam", 0.001],
    );
  });

  it("takes keys away, and puts later files over earlier ones, over several levels", async () => {
    const files = {
      "base.yaml": BASE,
      "more.yaml": "extends: base.yaml\ntraining: { epochs: 5, batchSize: 7 }\n",
      "other.yaml": "training: { epochs: 6 }\n",
      "own.yaml": "name: own\nextends: [more.yaml, other.yaml]\nnetwork: { se: ~ }\n",
    };
    const { experiment } = await experimentIn(files, ["training.labelSmoothing=0.1"]);
    const { epochs, batchSize, labelSmoothing } = experiment.training;
    assert.deepEqual([epochs, batchSize, labelSmoothing], [6, 7, 0.1]);
    assert.ok(experiment.network.stages.every((stage) => "attention" in stage && stage.attention === "off"));
  });

  it("takes away what several files have", async () => {
    const files = {
      "base.yaml": BASE,
      "other.yaml":
        "network: { se: { r: 4, squeeze: max } }\ntraining: { optimizer: { name: adam, beta1: 0.5 } }\n",
      "own.yaml":
        "name: own\nextends: [other.yaml, base.yaml]\nnetwork: { se: ~ }\ntraining: { optimizer: { name: adam } }\n",
    };
    const { experiment } = await experimentIn(files);
    assert.ok(experiment.network.stages.every((stage) => "attention" in stage && stage.attention === "off"));
    const { optimizer } = experiment.training;
    assert.equal("beta1" in optimizer && optimizer.beta1, 0.9);
  });

  it("resolves paths from the folder of the file that contains them", async () => {
    const files = {
      "data/recipe.yaml": "dataset: { name: cifar10, path: ./images }\n",
      "own.yaml":
        "name: own\nextends: data/recipe.yaml\nnetwork: { stem: { filters: 8 }, stages: [{ block: basic, filters: 8 }] }\n",
    };
    const { folder, experiment } = await experimentIn(files);
    assert.equal("path" in experiment.dataset && experiment.dataset.path, join(folder, "data", "images"));
  });

  it("works in the experiment of a sweep", () =>
    inTemporaryFolder((folder) => {
      const sweep =
        "name: s\nexperiment: { extends: base.yaml, training: { epochs: 9 } }\nvariants: [{ name: a }, { name: b, set: { network.se: off } }]\n";
      write(folder, { "base.yaml": BASE, "sweep.yaml": sweep });
      const { points, diagnostics } = checkedPoints(loadSweep(join(folder, "sweep.yaml")), []);
      assert.deepEqual(diagnostics, []);
      assert.deepEqual(
        points.map(({ experiment }) => experiment.training.epochs),
        [9, 9],
      );
    }));

  const OWN = "name: own\nextends: base.yaml\n";
  const chain = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`level${index}.yaml`, `extends: level${index + 1}.yaml\n`]),
  );
  const BROKEN: Readonly<Record<string, readonly [files: Files, expected: string]>> = {
    "a mistake in the base": [
      { "own.yaml": OWN, "base.yaml": BASE.replace("epochs", "epoch") },
      "base.yaml:4:13 unknown-key",
    ],
    "a mistake in what replaces it": [
      { "own.yaml": `${OWN}training: { epochs: many }\n`, "base.yaml": BASE },
      "own.yaml:3:21 wrong-type",
    ],
    "a mistake that both make": [
      { "own.yaml": `${OWN}network: { stages: [{ block: bottleneck }] }\n`, "base.yaml": BASE },
      "own.yaml:3:21 missing-key",
    ],
    "a network that does not fit": [
      { "own.yaml": `${OWN}network: { shortcut: zero-pad }\n`, "base.yaml": BASE.replace("16", "4") },
      "base.yaml:3:112 fewer-channels",
    ],
    "no such file": [{ "own.yaml": OWN }, "own.yaml:2:10 no-such-file"],
    "a sweep": [
      { "own.yaml": OWN, "base.yaml": "name: s\nexperiment: x.yaml\nvariants: [{ name: a }]\n" },
      "own.yaml:2:10 not-an-experiment",
    ],
    "a list": [{ "own.yaml": OWN, "base.yaml": "[1, 2]" }, "own.yaml:2:10 not-an-experiment"],
    "a number": [
      { "own.yaml": "name: own\nextends: [base.yaml, 3]\n", "base.yaml": BASE },
      "own.yaml:2:22 wrong-type",
    ],
    nothing: [{ "own.yaml": "name: own\nextends: []\n" }, "own.yaml:2:10 out-of-range"],
    "files that multiply": [
      {
        "own.yaml": "name: own\nextends: [a0.yaml, a0.yaml, a0.yaml, a0.yaml]\n",
        ...Object.fromEntries(
          [0, 1, 2, 3].map((level) => [
            `a${level}.yaml`,
            `extends: [${Array(4).fill(`a${level + 1}.yaml`)}]\n`,
          ]),
        ),
        "a4.yaml": BASE,
      },
      "a3.yaml:1:35 too-large",
    ],
    "broken syntax": [{ "own.yaml": OWN, "base.yaml": "network: [" }, "base.yaml:1:11 yaml-syntax"],
    itself: [{ "own.yaml": "name: own\nextends: own.yaml\n" }, "own.yaml:2:10 circular-base"],
    "in turn": [{ "own.yaml": OWN, "base.yaml": "extends: own.yaml\n" }, "base.yaml:1:10 circular-base"],
    "too many levels": [
      { "own.yaml": "name: own\nextends: level0.yaml\n", ...chain },
      "level7.yaml:1:10 too-deep",
    ],
  };
  for (const [name, [files, expected]] of Object.entries(BROKEN))
    it(`${name} is reported where it stands`, () =>
      inTemporaryFolder(async (folder) => {
        write(folder, files);
        const { describedFacts } = await import("../../src/experiment/dataset-facts.js");
        const { networkOf } = await import("../../src/experiment/load-experiment.js");
        const load = async () => {
          const checked = loadExperiment(join(folder, "own.yaml"), []);
          networkOf(checked, await describedFacts(() => {})(checked));
        };
        await assert.rejects(load, (error) => {
          assert.ok(error instanceof DiagnosticError, String(error));
          const [first] = error.diagnostics;
          assert.equal(error.diagnostics.length, 1);
          const { file = "", line, column } = first?.location ?? {};
          assert.equal(`${file.slice(file.lastIndexOf("/") + 1)}:${line}:${column} ${first?.code}`, expected);
          return true;
        });
      }));

  it("by --set is a mistake", () =>
    inTemporaryFolder((folder) => {
      write(folder, { "own.yaml": BASE });
      assert.throws(
        () => loadExperiment(join(folder, "own.yaml"), [parseSetFlag("extends=other.yaml")]),
        (error) => error instanceof DiagnosticError && error.diagnostics[0]?.code === "unused-key",
      );
    }));
});
