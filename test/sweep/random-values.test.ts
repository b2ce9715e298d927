// What seeds draw of training: from which distributions, for which runs, and what is said of it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import { drawnValues } from "../../src/config/random-values.js";
import { parseSource } from "../../src/config/source.js";
import { checkSweep, type Distribution } from "../../src/config/sweep.js";
import { describedFacts } from "../../src/experiment/dataset-facts.js";
import { methodsOf } from "../../src/present/methods.js";
import { conditionsOf } from "../../src/present/sentences.js";
import { compareSweeps } from "../../src/report/comparison.js";
import { dependencesOf } from "../../src/report/drawn-values.js";
import { readReport } from "../../src/report/read-report.js";
import { readSweep } from "../../src/report/read-sweep.js";
import { expandSweep } from "../../src/sweep/expand.js";
import { expandFile } from "../../src/sweep/load-sweep.js";
import { runOf } from "../../src/sweep/variant.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { planOf } from "./results.js";
import { start } from "./run-cli.js";

const RATE = "training.optimizer.learningRate";
const EXPERIMENT =
  "{ dataset: { name: synthetic, size: 8, images: 64, test: 32 }, network: { stem: { filters: 4 }, stages: [{ block: basic, filters: 4 }] }, training: { epochs: 1, batchSize: 16, optimizer: { name: sgd, learningRate: 0.1 } } }";
const VARIANTS = "variants: [{ name: plain }, { name: se, set: { network.se.r: 2 } }]";
const sweepText = (random: string, seeds = "[1, 2, 3]") =>
  `name: s\nexperiment: ${EXPERIMENT}\n${VARIANTS}\nseeds: ${seeds}\nrandom: ${random}\n`;

function expand(random: string) {
  return expandSweep(
    checkSweep(parseSource(sweepText(random), "s.yaml"), "s.yaml"),
    [],
    describedFacts(() => {}),
  );
}

/** What seeds 1 to 4000 draw. */
function drawn(from: Distribution): (string | number | boolean)[] {
  return Array.from({ length: 4000 }, (_, index) => {
    const { value } = drawnValues([{ path: "value", from }], index + 1);
    return value as string | number | boolean;
  });
}

/** The share of values for which something holds. */
function share(values: readonly (string | number | boolean)[], holds: (value: number) => boolean): number {
  return values.filter((value) => holds(Number(value))).length / values.length;
}

/** Four standard errors of a share of 4,000 draws. */
const CLOSE = 4 * Math.sqrt(0.25 / 4000);
const about = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < CLOSE, `${found}`);

describe("distributions of what seeds draw", () => {
  it("uniform", () => {
    const values = drawn({ kind: "uniform", least: 2, most: 4 });
    assert.equal(
      share(values, (value) => value >= 2 && value <= 4),
      1,
    );
    for (const quantile of [0.1, 0.5, 0.9])
      about(
        share(values, (value) => value < 2 + 2 * quantile),
        quantile,
      );
  });

  it("log: every decade is as likely as another", () => {
    const values = drawn({ kind: "log", least: 0.001, most: 1 });
    assert.equal(
      share(values, (value) => value >= 0.001 && value <= 1),
      1,
    );
    about(
      share(values, (value) => value < 0.01),
      1 / 3,
    );
    about(
      share(values, (value) => value < 0.1),
      2 / 3,
    );
    assert.ok(values.every((value) => Number(value) === Number(Number(value).toPrecision(3))));
  });

  it("has as many digits as a narrow range needs, and no limits of its own", () => {
    const narrow = drawn({ kind: "uniform", least: 0.1, most: 0.10001 });
    assert.ok(new Set(narrow).size > 100);
    const wide = drawn({ kind: "log", least: 1e-300, most: 1e300 });
    about(
      share(wide, (value) => value < 1),
      1 / 2,
    );
  });

  it("int: both ends included", () => {
    const values = drawn({ kind: "int", least: -1, most: 2 });
    for (const one of [-1, 0, 1, 2])
      about(
        share(values, (value) => value === one),
        0.25,
      );
  });

  it("choice, of words as well", () => {
    const values = drawn({ kind: "choice", values: ["a", "b"] });
    about(values.filter((value) => value === "a").length / values.length, 0.5);
  });
});

describe("random values of a sweep", () => {
  it("are the same for all variants, and differ between seeds", async () => {
    const { runs } = await expand(`{ ${RATE}: { log: [0.01, 1] } }`);
    const rates = runs.map(({ experiment }) => experiment.training.optimizer.learningRate);
    assert.deepEqual(
      rates,
      runs.map((run) => run.drawn?.[RATE]),
    );
    assert.equal(new Set(rates).size, 3);
    for (let seed = 0; seed < 3; seed++) assert.equal(rates[2 * seed], rates[2 * seed + 1]);
    assert.equal(new Set(runs.map(({ fingerprint }) => fingerprint)).size, 6);
  });

  it("do not change when another value is drawn, too, or when seeds are added", async () => {
    const rates = async (random: string) =>
      (await expand(random)).variants.map((variant) =>
        [1, 2, 9].map((seed) => runOf(variant, seed).drawn?.[RATE]),
      );
    assert.deepEqual(
      await rates(`{ ${RATE}: { log: [0.01, 1] } }`),
      await rates(`{ training.batchSize: { choice: [8, 16] }, ${RATE}: { log: [0.01, 1] } }`),
    );
  });

  it("are not drawn where the command line gives a value", () =>
    inTemporaryFolder(async (folder) => {
      const file = join(folder, "s.yaml");
      const runsWith = async (random: string, flag: string) => {
        writeFileSync(file, sweepText(random));
        return (await expandFile(file, { set: [flag], quick: false }, () => {})).runs;
      };
      const random = `{ ${RATE}: { log: [0.01, 1] }, training.batchSize: { choice: [8, 32] } }`;
      for (const flag of [`${RATE}=0.5`, "training.optimizer={ name: sgd, learningRate: 0.5 }"])
        for (const { drawn, experiment } of await runsWith(random, flag)) {
          assert.deepEqual(Object.keys(drawn ?? {}), ["training.batchSize"]);
          assert.equal(experiment.training.optimizer.learningRate, 0.5);
        }
      const [run] = await runsWith(`{ ${RATE}: { log: [0.01, 1] } }`, `${RATE}=0.5`);
      assert.equal(run?.drawn, null);
    }));

  it("are in the tables, in the configuration of each run, in the report and in the methods", function () {
    this.timeout(60_000);
    return inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, "s.yaml"), sweepText(`{ ${RATE}: { uniform: [0.01, 0.1] } }`, "[1, 2]"));
      const { code, errors } = await start(folder, "sweep", "s.yaml").ended;
      assert.equal(code, 0, errors);
      const runs = join(folder, "runs", "s");
      for (const { run, drawn } of planOf(runs)) {
        const rate = drawn?.[RATE];
        assert.equal(typeof rate, "number");
        assert.match(
          readFileSync(join(runs, run ?? "", "config.yaml"), "utf8"),
          new RegExp(`learningRate: ${rate}\n`),
        );
      }
      const data = readReport([runs], {});
      assert.match(
        conditionsOf(data.comparison).join("\n"),
        /Each seed drew training\.optimizer\.learningRate/,
      );
      assert.match(
        methodsOf(data),
        /It also drew training\.optimizer\.learningRate uniformly from 0\.01 to 0\.1/,
      );
    });
  });
});

describe("dependence of differences on what seeds drew", () => {
  const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
  const STEADY = [3, 6, 1, 8, 2, 7, 4, 5];
  /** `falling` and `steady` are compared with `plain`; the rate of seed s is s / 100. */
  const sweep = (folder: string) => {
    const errors = {
      plain: () => 0.3,
      falling: (seed: number) => 0.3 - seed / 100,
      steady: (seed: number) => 0.3 + (STEADY[seed - 1] as number) / 100,
    };
    const rows = Object.entries(errors).flatMap(([variant, errorOf]) =>
      SEEDS.map((seed) => ({ run: `${variant}/seed-${seed}`, variant, seed, error: errorOf(seed) })),
    );
    const drawnCell = (seed: number) => `"{""${RATE}"":${seed / 100}}"`;
    writeFileSync(
      join(folder, "plan.csv"),
      `run,variant,seed,drawn,status\n${rows.map(({ run, variant, seed }) => `${run},${variant},${seed},${drawnCell(seed)},finished\n`).join("")}`,
    );
    writeFileSync(
      join(folder, "summary.csv"),
      `run,variant,seed,test_error\n${rows.map(({ run, variant, seed, error }) => `${run},${variant},${seed},${error}\n`).join("")}`,
    );
    return compareSweeps([readSweep(folder)], {});
  };

  it("is Spearman's correlation for each variant, with p after Holm's correction", () =>
    inTemporaryFolder((folder) => {
      const found = dependencesOf(sweep(folder));
      assert.deepEqual(
        found.map(({ variant, path, n }) => [variant, path, n]),
        [
          ["falling", RATE, 8],
          ["steady", RATE, 8],
        ],
      );
      const [falling, steady] = found;
      assert.equal(falling?.coefficient, -1);
      // 2 of 8! orders are as extreme; twice that for two comparisons.
      assert.ok((falling?.p ?? 1) < 0.001);
      assert.ok((steady?.p ?? 0) > 0.3);
    }));

  it("is said in words only where it is distinguishable from chance", () =>
    inTemporaryFolder((folder) => {
      const words = conditionsOf(sweep(folder)).join("\n");
      assert.match(
        words,
        /The larger training\.optimizer\.learningRate, the lower test error of falling relative to plain/,
      );
      assert.doesNotMatch(words, /test error of steady|No difference goes/);
    }));
});
