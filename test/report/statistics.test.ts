import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { holm, pairsNeeded, type Spread, signFlipTest, spreadOf } from "../../src/report/statistics.js";

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

describe("statistics at their edges", () => {
  it("no values", () => {
    assert.equal(spreadOf([]), null);
    assert.equal(signFlipTest([]), null);
    assert.deepEqual(holm([]), []);
  });

  it("five pairs cannot go below 0.0625, six can reach 0.03125", () => {
    assert.equal(signFlipTest([1, 2, 3, 4, 5])?.p, 0.0625);
    assert.equal(signFlipTest([1, 2, 3, 4, 5, 6])?.p, 0.03125);
    assert.equal(signFlipTest([1, 2, 3])?.smallestP, 0.25);
  });

  it("pairs needed: none for no variation, six at least, more for smaller effects", () => {
    assert.equal(pairsNeeded(spreadOf([1, 1, 1]) as Spread), null);
    assert.equal(pairsNeeded(spreadOf([10, 11, 12]) as Spread), 6);
    assert.ok((pairsNeeded(spreadOf([-1, 1.2, 0.4]) as Spread) as number) > 50);
  });
});
