// Rank correlation: against scipy.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { rankCorrelation } from "../../src/statistics/spearman.js";

const { ranks } = JSON.parse(readFileSync("test/golden/evidence.json", "utf8")) as {
  ranks: { one: number[]; other: number[]; coefficient: number; p: number }[];
};

describe("rank correlation", () => {
  for (const { one, other, coefficient, p } of ranks)
    it(`of ${one.length} pairs as scipy computes it: ${coefficient.toFixed(3)}`, () => {
      const found = rankCorrelation(one, other);
      assert.ok(Math.abs((found?.coefficient ?? Number.NaN) - coefficient) < 1e-12);
      // Both draw permutations.
      assert.ok(Math.abs((found?.p ?? Number.NaN) - p) < 0.015 + 0.1 * p, `${found?.p}, not ${p}`);
      assert.equal(rankCorrelation(one, other)?.p, found?.p);
    });

  it("needs three pairs that are not all equal", () => {
    assert.equal(rankCorrelation([1, 2], [1, 2]), null);
    assert.equal(rankCorrelation([1, 1, 1], [1, 2, 3]), null);
    assert.equal(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])?.coefficient, -1);
  });
});
