import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../src/diagnostic.js";
import { answerOf, conditionsOf, sentencesOf } from "../../src/present/sentences.js";
import type { RowOf } from "../../src/records/columns.js";
import { RUN_STATUSES } from "../../src/records/run-status.js";
import { PLAN_COLUMNS, RESULT_COLUMNS, SUMMARY_COLUMNS } from "../../src/records/tables.js";
import { type ComparisonAsked, compareSweeps } from "../../src/report/comparison.js";
import { readSweep } from "../../src/report/read-sweep.js";
import { type Spread, spreadOf } from "../../src/statistics/spread.js";
import { writeRows } from "../records/write-rows.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** Variant -> seed -> test error; null if the run has not finished. */
type Errors = Readonly<Record<string, Readonly<Record<number, number | null>>>>;

function writeSweep(
  folder: string,
  errors: Errors,
  more: (run: string) => Partial<RowOf<typeof PLAN_COLUMNS>> = () => ({}),
): void {
  const runs = Object.entries(errors).flatMap(([variant, bySeed]) =>
    Object.entries(bySeed).map(([seed, test_error]) => ({
      run: `${variant}/seed-${seed}`,
      variant,
      seed: Number(seed),
      axes: variant === "plain" ? {} : { r: 4, bias: true },
      params: 10,
      macs: 20,
      test_error,
      test_loss: test_error === null ? null : 10 * test_error,
      status: test_error === null ? ("pending" as const) : ("finished" as const),
      ...more(`${variant}/seed-${seed}`),
    })),
  );
  const finished = runs.filter(({ test_error }) => test_error !== null);
  writeRows(join(folder, "plan.csv"), PLAN_COLUMNS, runs);
  writeRows(join(folder, "summary.csv"), SUMMARY_COLUMNS, finished);
}

function errorIn(errors: Errors, run: string): number | null | undefined {
  const [variant = "", seed = ""] = run.split("/seed-");
  return errors[variant]?.[Number(seed)];
}

type Expected = readonly [n: number, mean: number, deviation: number] | null;

function assertSpread(found: Spread | null, expected: Expected): void {
  if (!found || !expected) {
    assert.equal(found, expected);
    return;
  }
  const { n, mean, deviation } = found;
  assert.equal(n, expected[0]);
  assert.ok(Math.abs(mean - expected[1]) < 1e-12, `mean ${mean}`);
  assert.ok(Object.is(deviation, expected[2]) || Math.abs(deviation - expected[2]) < 1e-12, `${deviation}`);
}

describe("spreadOf", () => {
  it("returns the mean and the sample deviation", () => {
    assertSpread(spreadOf([]), null);
    assertSpread(spreadOf([3]), [1, 3, Number.NaN]);
    assertSpread(spreadOf([1, 3]), [2, 2, Math.SQRT2]);
    assertSpread(spreadOf([2, 4, 4, 4, 5, 5, 7, 9]), [8, 5, Math.sqrt(32 / 7)]);
    assertSpread(spreadOf([0.1, 0.1, 0.1]), [3, 0.1, 0]);
  });
});

describe("compareSweep", () => {
  const check = (
    errors: Errors,
    expected: Readonly<Record<string, { metric: Expected; difference: Expected }>>,
  ) =>
    inTemporaryFolder((folder) => {
      writeSweep(folder, errors);
      const { variants } = compareSweeps([readSweep(folder)], {});
      assert.ok(variants.every(({ baseline }) => baseline === "plain"));
      assert.deepEqual(
        variants.map(({ variant }) => variant),
        Object.keys(errors),
      );
      for (const { variant, metric, difference, planned } of variants) {
        assertSpread(metric, expected[variant]?.metric ?? null);
        assertSpread(difference, expected[variant]?.difference ?? null);
        assert.equal(planned, Object.keys(errors[variant] ?? {}).length);
      }
    });

  it("pairs seeds", () =>
    check(
      { plain: { 1: 0.3, 2: 0.1, 3: 0.2 }, se: { 1: 0.28, 2: 0.08, 3: 0.15 } },
      {
        plain: { metric: [3, 0.2, 0.1], difference: null },
        se: { metric: [3, 0.17, Math.sqrt(0.0206 / 2)], difference: [3, -0.03, Math.sqrt(0.0006 / 2)] },
      },
    ));

  it("has no deviation for a single run", () =>
    check(
      { plain: { 1: 0.3 }, se: { 1: 0.1 } },
      {
        plain: { metric: [1, 0.3, Number.NaN], difference: null },
        se: { metric: [1, 0.1, Number.NaN], difference: [1, -0.2, Number.NaN] },
      },
    ));

  it("pairs only the seeds that both have finished", () =>
    check(
      {
        plain: { 1: null, 2: 0.5, 3: 0.1, 10: 0.3 },
        se: { 1: 0.9, 2: 0.25, 3: null, 10: 0.05 },
        late: { 1: 0.5, 2: null, 3: null, 10: null },
        none: { 1: null, 2: null, 3: null, 10: null },
      },
      {
        plain: { metric: [3, 0.3, 0.2], difference: null },
        se: { metric: [3, 0.4, Math.sqrt(0.395 / 2)], difference: [2, -0.25, 0] },
        late: { metric: [1, 0.5, Number.NaN], difference: null },
        none: { metric: null, difference: null },
      },
    ));

  it("uses the given metric and baseline", () =>
    inTemporaryFolder((folder) => {
      writeSweep(folder, { plain: { 1: 0.3, 2: 0.1 }, se: { 1: 0.1, 2: 0.1 } });
      const { variants } = compareSweeps([readSweep(folder)], { baseline: "se", metric: "test_loss" });
      assertSpread(variants[0]?.difference ?? null, [2, 1, Math.SQRT2]);
      assert.equal(variants[1]?.difference, null);
      assert.deepEqual(
        [variants[0]?.params, variants[0]?.macs, variants[1]?.axes],
        [10, 20, { r: 4, bias: true }],
      );
    }));

  it("compares several sweeps, each with its own baseline or all with the same", () =>
    inTemporaryFolder((folder) => {
      const [a, b] = [join(folder, "a"), join(folder, "b")];
      writeSweep(a, { plain: { 1: 0.3, 2: 0.1 }, se: { 1: 0.2, 2: 0.1 } });
      writeSweep(b, { plain: { 1: 0.5, 2: 0.5 }, eca: { 1: 0.25, 2: 0.25 } });
      const sweeps = [readSweep(a), readSweep(b)];
      const differences = (asked: ComparisonAsked) =>
        compareSweeps(sweeps, asked).variants.map(({ variant, baseline, difference }) => [
          variant,
          baseline,
          difference && Number(difference.mean.toFixed(3)),
        ]);
      assert.deepEqual(differences({}), [
        ["a/plain", "a/plain", null],
        ["a/se", "a/plain", -0.05],
        ["b/plain", "b/plain", null],
        ["b/eca", "b/plain", -0.25],
      ]);
      assert.deepEqual(differences({ baseline: "a/plain" }), [
        ["a/plain", "a/plain", null],
        ["a/se", "a/plain", -0.05],
        ["b/plain", "a/plain", 0.3],
        ["b/eca", "a/plain", 0.05],
      ]);
    }));

  it("does not pair runs of two sweeps with different data, and refuses unknown metrics and baselines", () =>
    inTemporaryFolder((folder) => {
      const [a, b] = [join(folder, "a"), join(folder, "b")];
      writeSweep(a, { plain: { 1: 0.3 }, se: { 1: 0.2 } }, () => ({ data: "mnist" }));
      writeSweep(b, { plain: { 1: 0.3 }, se: { 1: 0.2 } }, () => ({ data: "fashion" }));
      const sweeps = [readSweep(a), readSweep(b)];
      const uncompared = (asked: ComparisonAsked) =>
        compareSweeps(sweeps, asked).variants.map(({ uncompared }) => uncompared);
      const baseline = { kind: "baseline" };
      const other = { kind: "other-data", than: "a/plain" };
      assert.deepEqual(uncompared({}), [baseline, null, baseline, null]);
      const asked = { baseline: "a/plain" };
      assert.deepEqual(uncompared(asked), [baseline, null, other, other]);
      assert.match(
        sentencesOf(compareSweeps(sweeps, asked)).join("\n"),
        /^b\/se used different data than a\/plain, so their runs cannot be paired\.$/m,
      );
      for (const asked of [{ baseline: "plain" }, { metric: "accuracy" }])
        assert.throws(() => compareSweeps(sweeps, asked), InputError);
    }));

  it("tests each network once and never against itself", () =>
    inTemporaryFolder((folder) => {
      const own = { 1: 0.3, 2: 0.1, 3: 0.2 };
      writeSweep(
        folder,
        { plain: own, same: own, se: { 1: 0.2, 2: 0.1 }, twin: { 1: 0.2, 2: 0.1, 3: 0.1 } },
        (run) => {
          const [variant, seed] = run.split("/");
          const network = variant === "same" ? "plain" : variant === "twin" ? "se" : variant;
          return { fingerprint: `${network} ${seed}` };
        },
      );
      const comparison = compareSweeps([readSweep(folder)], {});
      const { variants, comparisons } = comparison;
      assert.equal(comparisons, 1);
      assert.deepEqual(
        variants.map(({ uncompared, test }) => [uncompared, test?.adjustedP]),
        [
          [{ kind: "baseline" }, undefined],
          [{ kind: "same-network", as: "plain" }, undefined],
          [{ kind: "same-network", as: "twin" }, undefined],
          [null, 0.5],
        ],
      );
      assert.match(sentencesOf(comparison).join("\n"), /^same is the same network as plain\.$/m);
    }));

  it("corrects for all planned comparisons from the first results on", () =>
    inTemporaryFolder((folder) => {
      const half = (error: number) => ({ 1: error, 2: error + 0.1, 3: null });
      writeSweep(folder, { plain: half(0.3), se: half(0.2), eca: { 1: null }, cbam: { 1: null } });
      const comparison = compareSweeps([readSweep(folder)], {});
      assert.deepEqual([comparison.comparisons, comparison.pending], [3, true]);
      assert.equal(comparison.variants[1]?.test?.p, 0.5);
      assert.equal(comparison.variants[1]?.test?.adjustedP, 1);
      assert.match(answerOf(comparison), /^So far no difference/);
      assert.match(conditionsOf(comparison).join(" "), /Partial: 4 of 8 runs/);
    }));

  it("claims nothing if nothing was compared, and reports failed runs", () =>
    inTemporaryFolder((folder) => {
      const check = (errors: Errors, answer: RegExp, sentences: RegExp) => {
        writeSweep(folder, errors, (run) => (errorIn(errors, run) === null ? { status: "failed" } : {}));
        const comparison = compareSweeps([readSweep(folder)], {});
        assert.match(answerOf(comparison), answer);
        assert.match([...conditionsOf(comparison), ...sentencesOf(comparison)].join("\n"), sentences);
      };
      check(
        { plain: { 1: null }, se: { 1: null } },
        /^Nothing to compare/,
        /0 of 2 runs have finished, 2 failed/,
      );
      check(
        { plain: { 1: null }, se: { 1: 0.1 } },
        /^Nothing to compare/,
        /1 of 2 runs have finished, 1 failed/,
      );
      check({ plain: { 1: 0.1 } }, /^Nothing to compare/, /^$/);
      const seeds = (error: number) =>
        Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [n, error + n / 100]));
      check(
        { plain: seeds(0.3), se: { ...seeds(0.1), 7: null } },
        /^Lower test error: se\.$/,
        /excluding 1 failed run of se/,
      );
      check(
        { plain: seeds(0.1), se: seeds(0.3) },
        /^Higher test error: se\.$/,
        /raises test error by 20\.00 points/,
      );
    }));

  it("ignores runs outside of the sweep's folder and infinite values", () =>
    inTemporaryFolder((folder) => {
      writeSweep(folder, {
        plain: { 1: 0.3 },
        se: { 1: 0.2 },
        "../x": { 1: 0.2 },
        far: { 1: Number.POSITIVE_INFINITY },
      });
      const sweep = readSweep(folder);
      assert.match(
        sweep.damaged.join("\n"),
        /row 5, column test_error: expected a number from 0 to 1, found Infinity(?:.|\n)*not inside the sweep's folder: \.\.\/x/,
      );
      assert.deepEqual(
        compareSweeps([sweep], {}).variants.map(({ variant, metric }) => [variant, metric?.n]),
        [
          ["plain", 1],
          ["se", 1],
          ["far", undefined],
        ],
      );
    }));

  it("describes variants whose cost was matched", () =>
    inTemporaryFolder((folder) => {
      writeSweep(folder, { plain: { 1: 0.1 }, wide: { 1: 0.2 } }, (run) => {
        const match = { cost: "params", of: "se", change: "widths 64 -> 66", ratio: 0.99988 } as const;
        return run.startsWith("wide") ? { match } : {};
      });
      const conditions = conditionsOf(compareSweeps([readSweep(folder)], {})).join("\n");
      assert.match(conditions, /^wide has the parameter count of se -0\.012 % \(widths 64 -> 66\)\.$/m);
      assert.doesNotMatch(conditions, /plain has/);
    }));

  it("reads the rest of a plan whose axes and matches are not JSON", () =>
    inTemporaryFolder((folder) => {
      writeSweep(folder, { plain: { 1: 0.1 }, se: { 1: 0.2 } });
      const file = join(folder, "plan.csv");
      const text = readFileSync(file, "utf8").replace(
        '"{""r"":4,""bias"":true}",',
        "r=4;bias=true,parameters of x",
      );
      writeFileSync(file, text);
      const sweep = readSweep(folder);
      assert.deepEqual(sweep.damaged, [
        `${file}: row 3, column axes: expected an object with a value per axis, found r=4;bias=true; treated as empty`,
        `${file}: row 3, column match: expected an object with cost, of, change and ratio, found parameters of x; treated as empty`,
      ]);
      const { variants } = compareSweeps([sweep], {});
      assert.deepEqual(
        variants.map(({ variant, axes, match, metric }) => [variant, axes, match, metric?.mean]),
        [
          ["plain", {}, null, 0.1],
          ["se", {}, null, 0.2],
        ],
      );
    }));

  it("reports an unknown status, and derives the status from whether the run has a result", () =>
    inTemporaryFolder((folder) => {
      writeSweep(folder, { plain: { 1: 0.1 }, se: { 1: null } });
      const file = join(folder, "plan.csv");
      writeFileSync(file, readFileSync(file, "utf8").replace(/(finished|pending)/g, "paused"));
      const { damaged, runs } = readSweep(folder);
      assert.deepEqual(
        damaged,
        [2, 3].map(
          (row) =>
            `${file}: row ${row}, column status: expected one of ${Object.keys(RUN_STATUSES).join(", ")}, found paused; treated as empty`,
        ),
      );
      assert.deepEqual(
        runs.map(({ status }) => status),
        ["finished", "pending"],
      );
    }));

  it("counts a run once even if the plan lists it twice", () =>
    inTemporaryFolder((folder) => {
      writeSweep(folder, { plain: { 1: 0.1, 2: 0.2 } });
      const file = join(folder, "plan.csv");
      const text = readFileSync(file, "utf8");
      writeFileSync(file, `${text}${text.split("\n")[1]}\n`);
      const sweep = readSweep(folder);
      assert.equal(compareSweeps([sweep], {}).variants[0]?.planned, 2);
      assert.match(sweep.damaged.join(), /plan\.csv: ignored the second row of plain\/seed-1/);
    }));

  it("clips the intervals of errors to 0 and 100 %, and those of their differences to -100 and 100", () =>
    inTemporaryFolder((folder) => {
      writeSweep(folder, { plain: { 1: 0.01, 2: 0.3 }, se: { 1: 0.99, 2: 0.7 } });
      const [plain, se] = compareSweeps([readSweep(folder)], {}).variants;
      assert.deepEqual(
        [plain?.metric?.interval, se?.metric?.interval],
        [
          [0, 1],
          [0, 1],
        ],
      );
      assert.deepEqual(se?.difference?.interval, [-1, 1]);
      writeSweep(folder, { plain: { 1: 0.1, 2: 0.1 }, se: { 1: 0.1, 2: 0.1 } });
      assert.deepEqual(compareSweeps([readSweep(folder)], {}).variants[0]?.metric?.interval, [0.1, 0.1]);
    }));

  it("refuses a folder without a sweep", () =>
    inTemporaryFolder((folder) => {
      assert.throws(() => readSweep(folder), InputError);
    }));

  it("reports damaged files and cells and reads the rest", () =>
    inTemporaryFolder((folder) => {
      const errors = { plain: { 1: 0.3, 2: 0.1 }, se: { 1: 0.2, 2: 0.4 } };
      const check = (name: string, text: string, expected: readonly number[], damaged: RegExp) => {
        writeSweep(folder, errors);
        writeFileSync(join(folder, name), text);
        const sweep = readSweep(folder);
        assert.deepEqual(
          compareSweeps([sweep], {}).variants.map(({ metric }) => metric?.n ?? 0),
          expected,
        );
        assert.match(sweep.damaged.join("\n"), damaged);
      };
      const whole = () => readFileSync(join(folder, "summary.csv"), "utf8");
      writeSweep(folder, errors);
      check("summary.csv", whole().slice(0, -1), [0, 0], /summary\.csv is damaged/);
      check("summary.csv", "run,variant\nplain/seed-1,pl\nx\n", [0, 0], /summary\.csv is damaged/);
      writeRows(join(folder, "plain", "seed-2", "result.csv"), RESULT_COLUMNS, [{ test_error: 0.1 }]);
      check("summary.csv", 'run,"', [1, 0], /summary\.csv is damaged/);
      check("plan.csv", "run,variant\npl", [2, 2], /plan\.csv is damaged/);
      check("sweep.yaml", "compare: [", [2, 2], /sweep\.yaml is damaged/);
      rmSync(join(folder, "sweep.yaml"));
      writeSweep(folder, errors);
      for (const found of ["o.4", "-3.5", "1.01"]) {
        writeSweep(folder, errors);
        check(
          "summary.csv",
          whole().replace("0.4", found),
          [2, 1],
          new RegExp(
            `summary\\.csv: row 5, column test_error: expected a number from 0 to 1, found ${found}; treated as empty`,
          ),
        );
      }
      writeSweep(folder, errors);
      const resaved = whole()
        .replaceAll(/,(?!""bias)/g, ";")
        .replace("0.4", "0,4")
        .replaceAll("\n", "\r\n");
      check("summary.csv", `\uFEFF${resaved}`, [2, 2], /^$/);
      mkdirSync(join(folder, "se", "seed-1"), { recursive: true });
      writeFileSync(join(folder, "se", "seed-1", "result.csv"), "fingerprint,test_error\n,-3.5\n");
      check("summary.csv", 'run,"', [1, 0], /se\/seed-1\/result\.csv: row 2, .*; treated as empty/);
      writeSweep(folder, errors);
      const renamed = whole().replace("seconds", "duration");
      check("summary.csv", renamed, [2, 2], /summary\.csv: column seconds is missing; treated as empty/);
    }));
});
