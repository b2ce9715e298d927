// Sweeps that add seeds until the comparison is decided.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, it } from "mocha";
import { compare } from "../../src/index.js";
import { randomStream } from "../../src/random.js";
import { readCsv } from "../../src/records/csv.js";
import { PLAN_COLUMNS } from "../../src/records/tables.js";
import { decisionsOf } from "../../src/sweep/seeds/decisions.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { type SweepText, start, writeSweepFile } from "./run-cli.js";

/** `slow` learns nothing in so few steps, `same` about as much as `plain`, and `twin` is the same as `slow`. */
const VARIANTS = [
  { name: "plain" },
  { name: "slow", set: { "training.optimizer.learningRate": 0.001 } },
  { name: "same", set: { "network.se": { r: 2 } } },
  { name: "twin", set: { "training.optimizer.learningRate": 0.001 } },
];
const TEXT: SweepText = { name: "adaptive", variants: VARIANTS, seeds: [], epochs: 2, images: 200 };
const UNTIL = { until: "decided", atMost: 16 };
const RESULTS = join("runs", "adaptive");

function write(folder: string, seeds: unknown = UNTIL, others: object = {}): void {
  writeSweepFile(folder, TEXT);
  const file = join(folder, "adaptive.yaml");
  const sweep = JSON.parse(readFileSync(file, "utf8")) as { experiment: { dataset: object } };
  const dataset = { ...sweep.experiment.dataset, test: 300 };
  writeFileSync(
    file,
    JSON.stringify({ ...sweep, experiment: { ...sweep.experiment, dataset }, seeds, ...others }),
  );
}

const run = async (folder: string, ...words: string[]) => {
  const ended = await start(folder, "sweep", "adaptive.yaml", ...words).ended;
  assert.equal(ended.code, 0, ended.errors + ended.output);
  return ended.output;
};
const planIn = (folder: string) => readCsv(join(folder, RESULTS, "plan.csv"), PLAN_COLUMNS)?.rows ?? [];
const decisionsIn = (folder: string) =>
  Object.fromEntries(
    compare([join(folder, RESULTS)]).variants.map(({ variant, decision }) => [variant, decision]),
  );
const finishedOf = (folder: string, name: string) =>
  planIn(folder).filter(({ variant, status }) => variant === name && status === "finished").length;

describe("a sweep until it is decided", function () {
  this.timeout(240_000);

  it("stops each variant when it is decided, says why, and needs nothing when it is started again", () =>
    inTemporaryFolder(async (folder) => {
      write(folder);
      const output = await run(folder, "--jobs", "2");
      const { slow, same, twin, plain } = decisionsIn(folder);
      assert.equal(slow?.verdict, "different");
      assert.ok(same && ["hopeless", "undecided"].includes(same.verdict), same?.verdict);
      assert.deepEqual([twin, plain], [null, null]);
      for (const [name, decision] of [
        ["slow", slow],
        ["same", same],
        ["twin", slow],
      ] as const) {
        const rows = planIn(folder).filter(({ variant }) => variant === name);
        assert.equal(rows.length, 16);
        // A run of a later seed may have finished before the decision.
        for (const { seed, status, reason } of rows) {
          if ((seed ?? 0) <= decision.seeds) assert.equal(status, "finished");
          else if (status !== "finished") assert.deepEqual([status, reason], ["unneeded", decision.words]);
        }
      }
      assert.ok(finishedOf(folder, "slow") <= slow.seeds + 1 && finishedOf(folder, "slow") < 16);
      assert.ok(output.includes(`slow  ${slow.words}`), output);
      assert.match(output, /\d+ of 64 runs finished, \d+ were not needed/);
      assert.ok(!existsSync(join(folder, RESULTS, ".work")));
      const before = readFileSync(join(folder, RESULTS, "summary.csv"), "utf8");
      assert.doesNotMatch(await run(folder), /starts/);
      assert.equal(readFileSync(join(folder, RESULTS, "summary.csv"), "utf8"), before);
      const { output: status } = await start(folder, "status", RESULTS).ended;
      assert.match(status, /^\d+ of 64 runs finished, \d+ unneeded\n$/);
      const { output: planned } = await start(folder, "plan", "adaptive.yaml").ended;
      assert.match(planned, /everything is decided: nothing to train/);
    }));

  it("decides with as many seeds as the size of the effect lets expect", () =>
    inTemporaryFolder(async (folder) => {
      // The effect is measured with other seeds.
      const variants = [VARIANTS[0], VARIANTS[1]];
      const others = Array.from({ length: 30 }, (_, index) => 101 + index);
      write(folder, others, { variants });
      await run(folder, "--jobs", "2");
      const known = Object.values(compare([join(folder, RESULTS)]).variants[1]?.differences ?? {});
      assert.equal(known.length, 30);
      // What would happen to sweeps whose differences are drawn from these.
      const question = { alpha: 0.05, margin: null, decided: true, width: null, atLeast: 3, atMost: 100 };
      const random = randomStream("band");
      const baseline = new Array<number>(100).fill(0);
      const after = Array.from({ length: 400 }, () => {
        const outcomes = baseline.map(() => known[random.integer(30)] as number);
        return decisionsOf(question, baseline, [{ variant: "slow", outcomes }]).get("slow")?.seeds ?? 100;
      }).sort((a, b) => a - b);
      const [low, high] = [after[20], after[379]] as [number, number];
      await inTemporaryFolder(async (other) => {
        write(other, { until: "decided", atMost: 100 }, { variants });
        await run(other, "--jobs", "2");
        const { slow } = decisionsIn(other);
        assert.equal(slow?.verdict, "different");
        assert.ok(low <= slow.seeds && slow.seeds <= high, `${slow.seeds} seeds, not ${low} to ${high}`);
      });
    }));

  it("decides the same after kill -9 at 20 moments, and with any number of jobs", () =>
    inTemporaryFolder(async (folder) => {
      write(folder);
      await run(folder, "--jobs", "1");
      const decisions = decisionsIn(folder);
      await inTemporaryFolder(async (other) => {
        write(other);
        for (let kill = 1; kill <= 20; kill++) {
          const one = start(other, "sweep", "adaptive.yaml", "--jobs", String(1 + (kill % 4)));
          await one.until(/ starts/);
          await sleep(60 * (kill % 7));
          await one.killGroup();
          // What is known is decided already, and what is decided stays so.
          for (const [variant, decision] of Object.entries(decisionsIn(other)))
            if (decision !== null) assert.deepEqual(decision, decisions[variant]);
        }
        await run(other, "--jobs", "3");
        assert.deepEqual(decisionsIn(other), decisions);
      });
    }));

  it("trains the seeds that are asked for instead, with the test that holds at any time, and continues with them", () =>
    inTemporaryFolder(async (folder) => {
      write(folder);
      await run(folder, "--seeds", "1-2");
      assert.equal(planIn(folder).length, 8);
      const { isSequential, isOpen, decision } = compare([join(folder, RESULTS)]).variants[1] ?? {};
      assert.deepEqual([isSequential, isOpen, decision], [true, false, null]);
      await run(folder, "--jobs", "2");
      assert.equal(decisionsIn(folder).slow?.verdict, "different");
    }));

  it("may be given more seeds later, which take up hopeless comparisons again", () =>
    inTemporaryFolder(async (folder) => {
      write(folder, { until: "decided", atMost: 7 });
      const { code, errors } = await start(folder, "sweep", "adaptive.yaml").ended;
      assert.equal(code, 0, errors);
      write(folder, { until: "decided", atMost: 4 });
      const rejected = await start(folder, "sweep", "adaptive.yaml").ended;
      assert.equal(rejected.code, 2);
      assert.match(
        rejected.errors,
        /`seeds.atMost` must be >= 7: fewer seeds cannot decide anything at alpha = 0.05, for 2 comparisons; found 4/,
      );
      write(folder);
      await run(folder, "--jobs", "2");
      assert.equal(decisionsIn(folder).slow?.verdict, "different");
    }));
});
