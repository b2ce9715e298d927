// Successive halving: which variants go on, and that those that do end as they would have without it.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import type { HalvingSpec } from "../../src/config/sweep-spec.js";
import { methodsOf } from "../../src/present/methods.js";
import { conditionsOf, sentencesOf } from "../../src/present/sentences.js";
import { readCsv } from "../../src/records/csv.js";
import { LOOK_COLUMNS } from "../../src/records/report-tables.js";
import { readResult } from "../../src/records/run-folder.js";
import { compareSweeps } from "../../src/report/comparison.js";
import { readReport } from "../../src/report/read-report.js";
import { readSweep } from "../../src/report/read-sweep.js";
import type { ExpandedSweep } from "../../src/sweep/expand.js";
import { rankedVariants } from "../../src/sweep/halving.js";
import { looksOf } from "../../src/sweep/looks.js";
import type { Variant } from "../../src/sweep/variant.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { changeTimes, logOf, planOf, reproducible } from "./results.js";
import { start } from "./run-cli.js";

const EPOCHS = 4;
const SWEEP = {
  name: "h",
  experiment: {
    dataset: { name: "synthetic", size: 8, images: 64, test: 64, validation: 64 },
    network: { stem: { filters: 4 }, stages: [{ block: "basic", filters: 4 }] },
    training: { epochs: EPOCHS, batchSize: 16, optimizer: { name: "sgd", learningRate: 0.05 } },
  },
  variants: [
    { name: "plain" },
    { name: "r${r}", grid: { r: [1, 2] }, set: { "network.se.r": "${r}" } },
    { name: "eca", set: { "network.attention": { type: "eca" } } },
    { name: "simam", set: { "network.attention": { type: "simam" } } },
  ],
  halving: { first: 1, factor: 2, by: "validation_loss" },
  seeds: [1, 2],
};

async function sweep(folder: string, more: object): Promise<string> {
  writeFileSync(join(folder, "h.yaml"), JSON.stringify({ ...SWEEP, ...more }));
  const { code, output, errors } = await start(folder, "sweep", "h.yaml").ended;
  assert.equal(code, 0, errors + output);
  return output;
}

describe("successive halving", function () {
  this.timeout(120_000);

  it("trains the better half of the variants further after each look, and those that are left as without it", () =>
    inTemporaryFolder(async (folder) => {
      const runs = join(folder, "runs");
      const output = await sweep(folder, {});
      const looks = [1, 2].map(
        (epoch) => readCsv(join(runs, `h-epoch-${epoch}`, "look.csv"), LOOK_COLUMNS)?.rows ?? [],
      );
      assert.deepEqual(
        looks.map((rows) => rows.length),
        [5, 3],
      );
      for (const [index, rows] of looks.entries()) {
        const own = rows.filter(({ variant }) => variant !== "plain");
        const sorted = [...own].sort((a, b) => (a.mean ?? 0) - (b.mean ?? 0));
        assert.deepEqual(
          sorted.map(({ rank }) => rank),
          own.map((_, at) => at + 1),
        );
        assert.deepEqual(
          sorted.map(({ goes_on }) => goes_on),
          own.map((_, at) => (at < own.length / 2 ? "yes" : "no")),
        );
        for (const { variant, mean } of rows) {
          const result = readResult(join(runs, `h-epoch-${index + 1}`, variant ?? "", "seed-1"));
          assert.deepEqual([result?.epochs, result?.validation_loss], [index + 1, mean]);
        }
      }
      const left = (looks[1] ?? []).filter(({ goes_on }) => goes_on === "yes").map(({ variant }) => variant);
      assert.equal(left.length, 2);
      const plan = planOf(join(runs, "h"));
      for (const { variant, status, reason } of plan) {
        if (left.includes(variant)) assert.equal(status, "finished");
        else {
          assert.equal(status, "stopped");
          assert.match(
            reason ?? "",
            /^stopped after epoch [12] of 4, as number [234] of [24] by validation loss$/,
          );
        }
      }
      assert.match(
        logOf(join(runs, "h"), `${left[1]}/seed-1`),
        /continues after the first 2 epochs of .*h-epoch-2/,
      );
      assert.match(output, /4 of 10 runs finished, 6 were stopped before/);

      const comparison = compareSweeps([readSweep(join(runs, "h"))], {});
      assert.equal(comparison.comparisons, 4, "those that were stopped count in Holm's correction");
      assert.deepEqual(
        comparison.variants.filter(({ metric }) => metric).map(({ variant }) => variant),
        left,
      );
      assert.equal(comparison.pending, false);
      const words = [...conditionsOf(comparison), ...sentencesOf(comparison)].join("\n");
      assert.match(words, /3 of 5 variants were stopped early and are not averaged[\s\S]*with seed 1,/);
      assert.match(words, /\w+ was stopped after epoch 1 of 4, as number/);
      assert.match(
        methodsOf(readReport([join(runs, "h")], {})),
        /@jamieson2016\][\s\S]*inproceedings\{jamieson2016/,
      );

      // Nothing is trained again.
      const times = changeTimes(join(runs, "h"));
      await sweep(folder, {});
      assert.deepEqual(changeTimes(join(runs, "h")), times);

      // Other seeds do not choose other variants.
      const { code } = await start(folder, "sweep", "h.yaml", "--seeds", "3").ended;
      assert.equal(code, 0);
      const more = compareSweeps([readSweep(join(runs, "h"))], {});
      assert.deepEqual(
        more.variants.map(({ variant, metric }) => [variant, metric?.n ?? 0]),
        more.variants.map(({ variant }) => [variant, left.includes(variant) ? 3 : 0]),
      );

      await sweep(folder, { name: "whole", halving: undefined });
      for (const variant of left as string[])
        for (const seed of [1, 2]) {
          const files = ["h", "whole"].map((name) => reproducible(join(runs, name, variant, `seed-${seed}`)));
          assert.deepEqual(files[0], files[1]);
        }
    }));
});

describe("looks", () => {
  const halving = (first: number, factor: number): HalvingSpec => ({
    first,
    factor,
    by: "validation_error",
    looked: [1],
  });
  const variants = (count: number, epochs: number) =>
    Array.from({ length: count }, () => ({
      experiment: { training: { epochs, stop: "off" } },
    })) as unknown as Variant[];
  const check = (count: number, epochs: number, spec: HalvingSpec, expected: readonly number[]) =>
    it(`${count} variants, ${epochs} epochs, 1 in ${spec.factor} from epoch ${spec.first}: ${expected.join(", ")}`, () =>
      assert.deepEqual(looksOf(spec, variants(count, epochs)), expected));
  check(28, 27, halving(1, 3), [1, 3, 9]);
  check(100, 28, halving(1, 3), [1, 3, 9, 27]);
  check(4, 27, halving(1, 3), [1]);
  check(5, 100, halving(4, 2), [4, 8]);

  it("rank variants with failed runs last, and equal ones in their order", () =>
    inTemporaryFolder((folder) => {
      const names = ["base", "a", "b", "c"];
      const all = names.map((name) => ({ name }) as Variant);
      const look = {
        baseline: "base",
        variants: all,
        runs: all.map((variant) => ({ name: variant.name, fingerprint: "f", variant })),
      } as unknown as ExpandedSweep;
      assert.equal(rankedVariants(look, halving(1, 2), { folder, failed: new Set(["a"]) }), null);
      const ranked = rankedVariants(look, halving(1, 2), { folder, failed: new Set(names) });
      assert.deepEqual(
        ranked?.map(({ variant, rank, goesOn }) => [variant, rank, goesOn]),
        [
          ["base", 0, true],
          ["a", 1, true],
          ["b", 2, true],
          ["c", 3, false],
        ],
      );
    }));
});
