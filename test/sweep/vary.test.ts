// What differs between seeds: each source of chance has a seed of its own.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { RANDOM_SOURCES } from "../../src/config/random-sources.js";
import { expand } from "../../src/index.js";
import { readCsv } from "../../src/records/csv.js";
import { VARIANCE_COLUMNS } from "../../src/records/report-tables.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { statuses } from "./results.js";
import { start } from "./run-cli.js";

/** Has every source of chance. Its validation images are part of the training images of the source, so they can be chosen. */
const EXPERIMENT = {
  dataset: {
    name: "mnist",
    train: 200,
    validation: 100,
    transforms: { train: [{ randomCrop: { padding: 2 } }] },
  },
  network: {
    stem: { filters: 4, stride: 4 },
    stages: [{ block: "basic", filters: 4, stride: 2 }],
    head: { dropout: 0.2 },
  },
  training: { epochs: 1, batchSize: 50, optimizer: { name: "sgd", learningRate: 0.05 } },
};

function write(folder: string, sweep: object = {}, experiment: object = EXPERIMENT): string {
  const file = join(folder, "v.yaml");
  const text = { name: "v", experiment, variants: [{ name: "plain" }], seeds: [1, 2], ...sweep };
  writeFileSync(file, JSON.stringify(text));
  return file;
}

const ok = async (folder: string, ...words: string[]) => {
  const { code, output, errors } = await start(folder, ...words).ended;
  assert.equal(code, 0, errors + output);
  return output;
};
const rejected = async (folder: string, pattern: RegExp, ...words: string[]) => {
  const { code, errors } = await start(folder, ...words).ended;
  assert.equal(code, 2);
  assert.match(errors, pattern);
};

describe("vary", function () {
  this.timeout(120_000);

  it("gives each source a stream of its own: what is not varied stays the same, and only that", () =>
    inTemporaryFolder(async (folder) => {
      const all = Object.fromEntries(RANDOM_SOURCES.map((source) => [source, 1]));
      const variants = [
        { name: "none", set: { sourceSeeds: all } },
        ...RANDOM_SOURCES.map((source) => {
          const { [source]: _, ...others } = all;
          return { name: source, set: { sourceSeeds: others } };
        }),
      ];
      write(folder, { variants });
      await ok(folder, "sweep", "v.yaml");
      const lossOf = (variant: string, seed: number) =>
        readFileSync(join(folder, "runs", "v", variant, `seed-${seed}`, "epochs.csv"), "utf8")
          .split("\n")[1]
          ?.split(",")
          .slice(0, -2)
          .join();
      assert.equal(lossOf("none", 1), lossOf("none", 2));
      for (const source of RANDOM_SOURCES) {
        assert.equal(lossOf(source, 1), lossOf("none", 1), source);
        assert.notEqual(lossOf(source, 2), lossOf("none", 1), source);
      }
      const second = RANDOM_SOURCES.map((source) => lossOf(source, 2));
      assert.equal(new Set(second).size, second.length);
    }));

  it("keeps the first seed of the file for the others, and the identity of runs in which nothing is different", () =>
    inTemporaryFolder(async (folder) => {
      const usual = await expand(write(folder));
      const onlyOrder = await expand(write(folder, { vary: ["order"] }));
      assert.deepEqual(onlyOrder.runs[1]?.experiment.sourceSeeds, { init: 1, augmentation: 1, dropout: 1 });
      assert.equal(onlyOrder.runs[0]?.fingerprint, usual.runs[0]?.fingerprint);
      assert.notEqual(onlyOrder.runs[1]?.fingerprint, usual.runs[1]?.fingerprint);
      const more = await expand(write(folder, { vary: ["order"] }), { seeds: "7" });
      assert.equal(more.runs[0]?.experiment.sourceSeeds.init, 1);
      const adaptive = { variants: [{ name: "a" }, { name: "b", set: { "network.se": { r: 2 } } }] };
      const until = await expand(write(folder, { ...adaptive, seeds: { until: "decided" }, vary: ["init"] }));
      assert.equal(until.runs[4]?.experiment.sourceSeeds.order, 1);
    }));

  it("divides the images anew for each seed if it contains split", () =>
    inTemporaryFolder(async (folder) => {
      write(folder, { vary: ["split"] });
      await ok(folder, "sweep", "v.yaml");
      const fingerprints = [1, 2].map((seed) => {
        const text = readFileSync(join(folder, "runs", "v", "plain", `seed-${seed}`, "dataset.json"), "utf8");
        return (JSON.parse(text) as { fingerprint: string }).fingerprint;
      });
      assert.equal(new Set(fingerprints).size, 2);
      assert.match(await ok(folder, "sweep", "v.yaml"), /2 runs, 2 already finished/);
    }));

  it("is rejected if nothing would differ, or if there is nothing to divide", () =>
    inTemporaryFolder(async (folder) => {
      const { head: _, ...network } = EXPERIMENT.network;
      write(folder, { vary: ["dropout"] }, { ...EXPERIMENT, network });
      await rejected(
        folder,
        /v\.yaml:1:\d+ .*so all seeds would be the same \[unused-key\]/,
        "sweep",
        "v.yaml",
      );
      write(folder, { vary: ["split"] }, { ...EXPERIMENT, network, dataset: { name: "synthetic" } });
      await rejected(folder, /this dataset cannot be divided in different ways/, "sweep", "v.yaml");
      write(folder, { vary: ["ordr"] });
      await rejected(folder, /must be one of init, order, .*did you mean `order`/, "sweep", "v.yaml");
    }));
});

describe("variance", function () {
  this.timeout(180_000);

  it("trains a crossed design, says where the spread comes from, and repeats nothing", () =>
    inTemporaryFolder(async (folder) => {
      write(folder, { variants: [{ name: "plain" }, { name: "se", set: { "network.se": { r: 2 } } }] });
      await rejected(
        folder,
        /--levels 3 is too few for 5 sources \(init, order, augmentation, dropout, split\); try 5/,
        "variance",
        "v.yaml",
        "--levels",
        "3",
      );
      await rejected(folder, /--levels must be 3, 5 or 7; found 4/, "variance", "v.yaml", "--levels", "4");
      await rejected(
        folder,
        /there is no variant so; did you mean `se`/,
        "variance",
        "v.yaml",
        "--variant",
        "so",
      );
      const output = await ok(folder, "variance", "v.yaml", "--variant", "se");
      assert.match(output, /initial weights \(init\) +\d\.\d\d points +\d+ %/);
      assert.match(output, /of se varies by .*estimated from 25 runs with 5 seeds of each source/s);
      const results = join(folder, "runs", "v-variance-se");
      assert.equal(Object.keys(statuses(results)).length, 25);
      const rows = readCsv(join(results, "variance.csv"), VARIANCE_COLUMNS)?.rows ?? [];
      assert.deepEqual(
        rows.map(({ source, freedom }) => `${source} ${freedom}`),
        ["init 4", "order 4", "augmentation 4", "dropout 4", "split 4", "rest 4"],
      );
      assert.ok(Math.abs(rows.reduce((sum, { share }) => sum + (share ?? 0), 0) - 1) < 1e-9);
      assert.match(await ok(folder, "variance", "v.yaml", "--variant", "se"), /25 runs, 25 already finished/);
      const planned = await ok(folder, "variance", "v.yaml", "--dry-run");
      assert.match(planned, /25 runs, 25 to train/);
      assert.doesNotMatch(planned, /smallest possible p/);
    }));

  it("leaves out sources that a variant has fixed", () =>
    inTemporaryFolder(async (folder) => {
      write(folder, { variants: [{ name: "fixed", set: { sourceSeeds: { init: 4, dropout: 2 } } }] });
      const output = await ok(folder, "variance", "v.yaml", "--dry-run", "--json");
      const { runs } = JSON.parse(output) as { runs: { axes: object }[] };
      assert.deepEqual(Object.keys(runs[0]?.axes ?? {}), ["order", "augmentation", "split"]);
    }));
});
