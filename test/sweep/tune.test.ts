// Values that are tuned for each variant before variants are compared.

import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import type { TuneSpec } from "../../src/config/sweep-spec.js";
import { sweep as trainSweep } from "../../src/index.js";
import { methodsOf } from "../../src/present/methods.js";
import { readCsv } from "../../src/records/csv.js";
import { TUNING_COLUMNS } from "../../src/records/report-tables.js";
import { readResult } from "../../src/records/run-folder.js";
import { readReport } from "../../src/report/read-report.js";
import type { ExpandedSweep } from "../../src/sweep/expand.js";
import { chosenAtEnds, chosenOf, triedValues } from "../../src/sweep/tuned-values.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { changeTimes, planOf } from "./results.js";
import { start } from "./run-cli.js";

const RATE = "training.optimizer.learningRate";
const SWEEP = {
  name: "t",
  experiment: {
    dataset: { name: "synthetic", size: 8, images: 64, test: 32, validation: 64 },
    network: { stem: { filters: 4 }, stages: [{ block: "basic", filters: 4 }] },
    training: { epochs: 2, batchSize: 16, optimizer: { name: "sgd", learningRate: 0.1 } },
  },
  // An axis of the same name as the one that tuning adds.
  variants: [
    { name: "plain" },
    {
      name: "se-${learningRate}",
      grid: { learningRate: [2, 4] },
      set: { "network.se.r": "${learningRate}" },
    },
  ],
  tune: { over: { [RATE]: [0.0001, 0.1, 1000] }, by: "validation_loss", seeds: [11, 12] },
  seeds: [1, 2],
};

const write = (folder: string, more: object = {}) =>
  writeFileSync(join(folder, "t.yaml"), JSON.stringify({ ...SWEEP, ...more }));

const ok = async (folder: string, ...words: string[]) => {
  const { code, output, errors } = await start(folder, ...words).ended;
  assert.equal(code, 0, errors + output);
  return output;
};

describe("tuning", function () {
  this.timeout(120_000);

  it("gives each variant the values with the lowest mean on the validation set, and compares the variants with these", () =>
    inTemporaryFolder(async (folder) => {
      write(folder);
      const before = JSON.parse(await ok(folder, "plan", "t.yaml", "--json")) as {
        runs: object[];
        before: { name: string; runs: object[] };
      };
      assert.deepEqual(
        [before.runs.length, before.before.name, before.before.runs.length],
        [6, "t-tuning", 18],
      );
      assert.match(
        await ok(folder, "sweep", "t.yaml", "--dry-run"),
        /values are tuned first:[\s\S]*after that, with what it has decided, at most:/,
      );
      const output = await ok(folder, "sweep", "t.yaml");
      const [tuning, results] = [join(folder, "runs/t-tuning"), join(folder, "runs/t")];
      const rows = readCsv(join(tuning, "tuning.csv"), TUNING_COLUMNS)?.rows ?? [];
      assert.deepEqual(
        rows.map(({ variant, values }) => [variant, values?.[RATE]]),
        ["plain", "se-2", "se-4"].flatMap((variant) => [0.0001, 0.1, 1000].map((rate) => [variant, rate])),
      );
      assert.ok(rows.every(({ runs, failed }) => (runs ?? 0) + (failed ?? 0) === 2));
      assert.ok(rows.some(({ failed }) => failed === 2));
      for (const { variant, values, mean } of rows) {
        const found = [11, 12].map(
          (seed) => readResult(join(tuning, `${variant}-${values?.[RATE]}`, `seed-${seed}`))?.validation_loss,
        );
        if (found.every((one) => one !== undefined))
          assert.equal(mean, ((found[0] ?? 0) + (found[1] ?? 0)) / 2);
      }
      for (const variant of ["plain", "se-2", "se-4"]) {
        const own = rows.filter((row) => row.variant === variant && row.failed === 0);
        const best = own.reduce((a, b) => ((b.mean ?? 0) < (a.mean ?? 0) ? b : a));
        const chosen = rows.filter((row) => row.variant === variant && row.chosen === "yes");
        assert.deepEqual(chosen, [best]);
        for (const row of planOf(results).filter((one) => one.variant === variant)) {
          assert.deepEqual(row.tuned, best.values);
          const config = readFileSync(join(results, row.run ?? "", "config.yaml"), "utf8");
          assert.match(config, new RegExp(`learningRate: ${best.values?.[RATE]}\n`));
        }
      }
      const words =
        /For each variant, the best training\.optimizer\.learningRate \(0\.0001, 0\.1, 1000\) was chosen by validation loss on average over 2 runs with other seeds \(11, 12\): plain 0\.\d+;/;
      assert.match(output.replace(/\s+/g, " "), words);
      assert.match(methodsOf(readReport([results], {})), words);
      // Nothing that has finished is trained again.
      const times = changeTimes(results);
      rmSync(join(tuning, "tuning.csv"));
      await ok(folder, "sweep", "t.yaml");
      assert.deepEqual(changeTimes(results), times);
    }));

  it("is left out where the command line gives the value", () =>
    inTemporaryFolder(async (folder) => {
      write(folder);
      const plan = JSON.parse(await ok(folder, "plan", "t.yaml", "--json", "--set", `${RATE}=0.2`)) as object;
      assert.equal("before" in plan, false);
    }));

  it("ends the sweep if all runs of a variant have failed", () =>
    inTemporaryFolder(async (folder) => {
      write(folder, { variants: [{ name: "plain" }], tune: { over: { [RATE]: [900, 1000] } } });
      const { code, errors } = await start(folder, "sweep", "t.yaml").ended;
      assert.equal(code, 1);
      assert.match(errors, /all runs in which values were tried for plain have failed/);
      const json = await start(folder, "sweep", "t.yaml", "--json").ended;
      assert.equal(json.code, 1);
      assert.match((JSON.parse(json.output) as { reason: string }).reason, /for plain have failed/);
    }));

  it("is part of a sweep that a program starts", () =>
    inTemporaryFolder(async (folder) => {
      write(folder, { variants: [{ name: "plain" }], tune: { over: { [RATE]: [0.01, 0.1] } }, seeds: [1] });
      const runs = join(folder, "runs");
      const end = await trainSweep(join(folder, "t.yaml"), { runs });
      assert.deepEqual([end.finished, end.failed], [1, []]);
      assert.ok([0.01, 0.1].includes(Number(planOf(join(runs, "t"))[0]?.tuned?.[RATE])));
    }));
});

describe("values that are chosen", () => {
  const tune: TuneSpec = {
    over: [{ path: RATE, axis: "rate", values: [0.1, 0.2, 0.3] }],
    by: "validation_error",
    seeds: [1],
  };

  it("wait until all runs are over", () =>
    inTemporaryFolder((folder) => {
      const variant = { name: "a-0.1", axes: { rate: 0.1 } };
      const tuning = {
        variants: [variant],
        runs: [{ name: "a-0.1/seed-1", fingerprint: "f", variant }],
      } as unknown as ExpandedSweep;
      assert.equal(triedValues(tuning, tune, { folder, failed: new Set() }), null);
      const over = triedValues(tuning, tune, { folder, failed: new Set(["a-0.1/seed-1"]) }) ?? [];
      assert.deepEqual([over[0]?.variant, over[0]?.failed, chosenOf(over).size], ["a", 1, 0]);
    }));

  it("are pointed out where they are the smallest or the largest that were tried", () => {
    const at = (value: number) =>
      chosenAtEnds(tune, new Map([["a", { [RATE]: value }]])).map(({ end }) => end);
    assert.deepEqual([at(0.1), at(0.2), at(0.3)], [["smallest"], [], ["largest"]]);
  });
});
