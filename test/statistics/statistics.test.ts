import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { holm } from "../../src/statistics/holm.js";
import { pairsNeeded, smallestAdjusted } from "../../src/statistics/power.js";
import { signFlipTest } from "../../src/statistics/sign-flip.js";
import { type Spread, spreadOf } from "../../src/statistics/spread.js";

interface Golden {
  readonly source: string;
  readonly cases: readonly {
    values: number[];
    n: number;
    mean: number;
    deviation?: number;
    low?: number;
    high?: number;
    p: number;
  }[];
  readonly holm: readonly { ps: number[]; adjusted: number[] }[];
  /** The exact number of pairs for a power of 0.8, from the noncentral t distribution. */
  readonly power: readonly { mean: number; deviation: number; comparisons: number; pairs: number }[];
  /** More pairs than the limit for enumerating all signs, with the exact p from counting all sums. */
  readonly large: readonly { values: number[]; p: number }[];
}

const GOLDEN = JSON.parse(readFileSync("test/golden/statistics.json", "utf8")) as Golden;

function close(found: number, expected: number): void {
  assert.ok(
    Math.abs(found - expected) <= 1e-6 * Math.max(1, Math.abs(expected)),
    `${found} instead of ${expected}`,
  );
}

describe(`statistics against ${GOLDEN.source}`, () => {
  for (const { values, n, mean, deviation, low, high, p } of GOLDEN.cases)
    it(`n = ${n}: ${values.join(" ")}`, () => {
      const spread = spreadOf(values) as Spread;
      close(spread.mean, mean);
      if (deviation === undefined)
        assert.ok(Number.isNaN(spread.deviation) && Number.isNaN(spread.interval[0]));
      else {
        close(spread.deviation, deviation);
        close(spread.interval[0], low as number);
        close(spread.interval[1], high as number);
      }
      close(signFlipTest(values)?.p as number, p);
    });

  for (const { ps, adjusted } of GOLDEN.holm)
    it(`Holm: ${ps.join(" ")}`, () => {
      for (const [index, p] of holm(ps).entries()) close(p, adjusted[index] as number);
    });
});

describe("statistics of many pairs", () => {
  for (const { values, p } of GOLDEN.large)
    it(`sign-flip test of ${values.length} pairs`, () => {
      const found = signFlipTest(values)?.p as number;
      assert.ok(Math.abs(found - p) < 5 * Math.sqrt((p * (1 - p)) / 50_000) + 3e-5, `${found}, exactly ${p}`);
      assert.equal(signFlipTest(values)?.p, found);
    });

  for (const { mean, deviation, comparisons, pairs } of GOLDEN.power)
    it(`pairs for a difference of ${mean} ± ${deviation}, one of ${comparisons}`, () => {
      const found = pairsNeeded(
        { n: 3, mean, deviation, interval: [0, 0] },
        { comparisons, alpha: 0.05 },
      ) as number;
      const least = Array.from({ length: 20 }, (_, n) => n).find(
        (n) => smallestAdjusted(n, comparisons) <= 0.05,
      ) as number;
      assert.ok(found >= least);
      assert.ok(Math.abs(found - Math.max(least, pairs)) <= 1.5, `${found} instead of ${pairs}`);
    });
});

describe("edge cases of statistics", () => {
  it("no values", () => {
    assert.equal(spreadOf([]), null);
    assert.equal(signFlipTest([]), null);
    assert.deepEqual(holm([]), []);
  });

  it("p of five pairs is at least 0.0625, that of six at least 0.03125", () => {
    assert.equal(signFlipTest([1, 2, 3, 4, 5])?.p, 0.0625);
    assert.equal(signFlipTest([1, 2, 3, 4, 5, 6])?.p, 0.03125);
    assert.equal(signFlipTest([1, 2, 3])?.smallestP, 0.25);
  });

  it("rounding errors do not count as variation", () => {
    const { deviation, interval } = spreadOf([0.021 - 0.02, 0.019 - 0.018, 0.016 - 0.015]) as Spread;
    assert.equal(deviation, 0);
    assert.equal(interval[0], interval[1]);
    assert.ok(Number.isNaN(signFlipTest([0.021 - 0.02, 0.019 - 0.018])?.effect));
  });

  it("Holm's correction counts comparisons that have no p yet", () => {
    assert.deepEqual(holm([0.01, 0.04], 5), [0.05, 0.16]);
  });

  it("smallest possible p after Holm's correction", () => {
    assert.equal(smallestAdjusted(3, 1), 0.25);
    assert.equal(smallestAdjusted(6, 4), 0.125);
    assert.equal(smallestAdjusted(2, 4), 1);
  });

  it("pairs needed: null without variation, at least six, eight for four comparisons", () => {
    assert.equal(pairsNeeded(spreadOf([1, 1, 1]) as Spread, { comparisons: 1, alpha: 0.05 }), null);
    assert.equal(pairsNeeded(spreadOf([10, 11, 12]) as Spread, { comparisons: 1, alpha: 0.05 }), 6);
    assert.equal(pairsNeeded(spreadOf([10, 11, 12]) as Spread, { comparisons: 4, alpha: 0.05 }), 8);
  });
});
