import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beta, permutation, type RandomStream, randomStream } from "../src/random.js";

const draw = (count: number, next: () => number) => Array.from({ length: count }, next);

describe("randomStream", () => {
  it("returns the same numbers for the same labels", () => {
    const [a, b] = [randomStream(1, "shuffle", 2), randomStream(1, "shuffle", 2)];
    assert.deepEqual(draw(50, a.uniform), draw(50, b.uniform));
    assert.deepEqual(draw(5, a.normal), draw(5, b.normal));
    assert.deepEqual(
      draw(5, () => a.integer(1000)),
      draw(5, () => b.integer(1000)),
    );
  });

  it("returns different numbers for different labels", () => {
    const labels = [[1, "a"], [2, "a"], [1, "b"], ["1", "a"], ["a", 1], [1, "a", 0], [1], ["1a"], []];
    const starts = labels.map((words) => draw(4, randomStream(...words).uniform).join(" "));
    assert.equal(new Set(starts).size, labels.length);
  });

  it("starts with known numbers", () => {
    const random = randomStream(1, "golden");
    assert.deepEqual(
      draw(3, random.uniform),
      [0.041840507416054606, 0.5828375902492553, 0.26842001150362194],
    );
    assert.deepEqual(
      draw(3, random.normal),
      [-0.9047498125931795, -1.4947761753564404, -0.38310561340194493],
    );
    assert.deepEqual(
      draw(5, () => random.integer(10)),
      [4, 9, 9, 8, 4],
    );
  });

  /** Checks mean, variance and fourth moment over many draws, each to within some standard errors. */
  const checkMoments = (
    next: (random: RandomStream) => number,
    expected: readonly [number, number, number],
  ) => {
    const random = randomStream("moments");
    const count = 200_000;
    const values = draw(count, () => next(random));
    const mean = values.reduce((a, b) => a + b, 0) / count;
    const moment = (power: number) => values.reduce((sum, value) => sum + (value - mean) ** power, 0) / count;
    [mean, moment(2), moment(4)].forEach((found, index) => {
      const tolerance = [0.01, 0.02, 0.1][index] as number;
      assert.ok(Math.abs(found - (expected[index] as number)) < tolerance, `${index}: ${found}`);
    });
  };

  it("draws uniform and normal numbers, and integers below a bound", () => {
    checkMoments((random) => random.uniform(), [1 / 2, 1 / 12, 1 / 80]);
    checkMoments((random) => random.normal(), [0, 1, 3]);
    checkMoments((random) => random.integer(3), [1, 2 / 3, 2 / 3]);
    const random = randomStream("bounds");
    const values = draw(10_000, random.uniform);
    assert.ok(values.every((value) => value >= 0 && value < 1));
    assert.deepEqual([...new Set(draw(1000, () => random.integer(4)))].sort(), [0, 1, 2, 3]);
    assert.equal(random.integer(1), 0);
  });
});

describe("permutation", () => {
  it("contains every number once", () => {
    for (const length of [0, 1, 2, 3, 1000])
      assert.deepEqual(
        [...permutation(length, randomStream("permutation", length))].sort((a, b) => a - b),
        [...Array(length).keys()],
      );
  });

  it("produces all orders equally often", () => {
    const random = randomStream("orders");
    const counts = new Map<string, number>();
    const expected = 1000;
    for (let index = 0; index < 24 * expected; index++) {
      const order = permutation(4, random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 24);
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    // 23 degrees of freedom: the 0.999 quantile is 49.7.
    assert.ok(chiSquare < 49.7, `chi-square ${chiSquare}`);
  });
});

describe("beta", () => {
  const GOLDEN = JSON.parse(readFileSync("test/golden/beta.json", "utf8")) as {
    alpha: number;
    quantiles: [probability: number, quantile: number][];
  }[];

  for (const { alpha, quantiles } of GOLDEN)
    it(`has the quantiles of scipy, alpha ${alpha}`, () => {
      const random = randomStream("beta", alpha);
      const count = 40_000;
      const values = draw(count, () => beta(alpha, random));
      for (const [probability, quantile] of quantiles) {
        const below = values.filter((value) => value <= quantile).length / count;
        const deviation = Math.sqrt((probability * (1 - probability)) / count);
        assert.ok(Math.abs(below - probability) < 4 * deviation, `${probability}: ${below}`);
      }
    });

  it("is a number between 0 and 1 even if nearly all draws are 0 or 1", () => {
    const random = randomStream("beta");
    for (const value of draw(10_000, () => beta(1e-4, random))) assert.ok(value >= 0 && value <= 1);
  });
});
