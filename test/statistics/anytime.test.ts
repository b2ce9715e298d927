// The test that may be looked at after every seed: against numpy, and by simulation.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import jstat from "jstat";
import { describe, it } from "mocha";
import { randomStream } from "../../src/random.js";
import { confidenceSequence } from "../../src/statistics/confidence-sequence.js";
import {
  anytimeP,
  evidenceOf,
  leastAnytimePairs,
  smallestAnytimeP,
  startEvidence,
} from "../../src/statistics/evidence.js";
import { pairsNeeded } from "../../src/statistics/power.js";
import { signFlipTest } from "../../src/statistics/sign-flip.js";
import { spreadOf } from "../../src/statistics/spread.js";

interface Golden {
  readonly source: string;
  readonly cases: readonly {
    differences: number[];
    evidence: number[];
    p: number;
    sequence: { low: number | null; high: number | null; step: number };
  }[];
}

const GOLDEN = JSON.parse(readFileSync("test/golden/anytime.json", "utf8")) as Golden;
const ALPHA = 0.05;
const ENOUGH = -Math.log(ALPHA);

function close(found: number, expected: number, within = 1e-9): void {
  assert.ok(
    Math.abs(found - expected) <= within * Math.max(1, Math.abs(expected)),
    `${found}, not ${expected}`,
  );
}

/** At which of up to `most` pairs from a normal distribution a test decides; infinite if at none. */
function pairsUntil(
  decides: (differences: readonly number[]) => boolean,
  { effect, most, random }: { effect: number; most: number; random: { normal(): number } },
): number {
  const differences: number[] = [];
  while (differences.length < most) {
    differences.push(effect + random.normal());
    if (decides(differences)) return differences.length;
  }
  return Number.POSITIVE_INFINITY;
}

/** The share of `sweeps` that decide. */
function shareOf(sweeps: number, decided: () => boolean): number {
  return Array.from({ length: sweeps }, decided).filter(Boolean).length / sweeps;
}

/** Looks after every pair, without computing anything twice. */
function anytimeDecides() {
  const evidence = startEvidence();
  return (differences: readonly number[]) => evidence.add(differences.at(-1) as number) >= ENOUGH;
}

describe(`the anytime test against ${GOLDEN.source}`, () => {
  for (const { differences, evidence, p, sequence } of GOLDEN.cases)
    it(`${differences.length} differences: ${differences.slice(0, 4).join(" ")} ...`, () => {
      for (const [index, expected] of evidence.entries()) {
        const start = startEvidence();
        const logs = differences.slice(0, index + 1).map((difference) => start.add(difference));
        close(Math.exp(logs.at(-1) as number), expected);
      }
      close(anytimeP(differences), p);
      const [low, high] = confidenceSequence(differences, ALPHA) as [number, number];
      for (const [end, expected, infinite] of [
        [low, sequence.low, Number.NEGATIVE_INFINITY],
        [high, sequence.high, Number.POSITIVE_INFINITY],
      ] as const)
        if (expected === null) assert.equal(end, infinite);
        else assert.ok(Math.abs(end - expected) <= 1.5 * sequence.step, `${end}, not ${expected}`);
    });
});

describe("the anytime test", () => {
  it("does not depend on the unit of the differences, and treats both signs alike", () => {
    const differences = [0.3, -0.1, 0.4, 0.2, 0.5, 0.1, 0.6];
    close(anytimeP(differences.map((one) => one * 1e-6)), anytimeP(differences));
    close(anytimeP(differences.map((one) => -one)), anytimeP(differences));
  });

  it("never takes evidence back: p is the smallest so far", () => {
    const strong = [1, 1.1, 0.9, 1, 1.2, 1, 1, 0.8];
    assert.ok(anytimeP(strong) < ALPHA);
    assert.equal(anytimeP([...strong, -3, -3, -3, -3]), anytimeP(strong));
  });

  it("can decide with six pairs at 0.05 and not with five, whatever their sizes", () => {
    assert.equal(leastAnytimePairs(0.05), 6);
    assert.ok(smallestAnytimeP(6) <= 0.05 && smallestAnytimeP(5) > 0.05);
    assert.ok(anytimeP([1, 1, 1, 1, 1, 1]) <= 0.05);
    for (const growth of [0.5, 1, 1.5, 2, 5, 100])
      for (let pairs = 1; pairs <= 12; pairs++) {
        const p = anytimeP(Array.from({ length: pairs }, (_, index) => growth ** index));
        assert.ok(p >= smallestAnytimeP(pairs) * (1 - 1e-9), `${pairs} pairs that grow by ${growth}: ${p}`);
      }
  });

  it("learns nothing from no difference", () => {
    assert.equal(anytimeP([]), 1);
    assert.equal(anytimeP([0, 0, 0, 0]), 1);
    assert.deepEqual(confidenceSequence([0, 0, 0], ALPHA), [
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("copies of evidence are independent", () => {
    const evidence = evidenceOf([1, 2, 1]);
    const copy = evidence.copy();
    copy.add(5);
    assert.equal(evidenceOf([1, 2, 1]).add(3), evidence.add(3));
  });
});

describe("the anytime test by simulation", () => {
  it("decides in at most 5 % of 20,000 sweeps without a difference that are looked at after each of 60 seeds", () => {
    for (const [name, drawFrom] of [
      ["normal", (random) => random.normal()],
      ["heavy tails", (random) => random.normal() / (Math.abs(random.normal()) + 0.05)],
      ["two values", (random) => (random.uniform() < 0.5 ? 1 : -1)],
    ] as const satisfies [string, (random: ReturnType<typeof randomStream>) => number][]) {
      const random = randomStream("null", name);
      const share = shareOf(20_000, () => {
        const evidence = startEvidence();
        for (let seed = 1; seed <= 60; seed++) evidence.add(drawFrom(random));
        return evidence.most >= ENOUGH;
      });
      assert.ok(share <= 0.05 + 3 * Math.sqrt((0.05 * 0.95) / 20_000), `${name}: ${share}`);
      assert.ok(share > 0.01, `${name}: ${share}, so it wastes seeds`);
    }
  });

  it("Student's t and sign flips, looked at as often, decide several times as often", () => {
    const random = randomStream("naive");
    const t = (differences: readonly number[]) => {
      const spread = spreadOf(differences);
      if (!spread || spread.n < 3) return false;
      const statistic = (Math.abs(spread.mean) * Math.sqrt(spread.n)) / spread.deviation;
      return statistic > jstat.studentt.inv(1 - ALPHA / 2, spread.n - 1);
    };
    const many = shareOf(1000, () => Number.isFinite(pairsUntil(t, { effect: 0, most: 60, random })));
    assert.ok(many > 0.2, `${many}`);
    const flips = (differences: readonly number[]) => (signFlipTest(differences)?.p ?? 1) <= ALPHA;
    // All signs are tried for up to 14 pairs: more would take long, and would be wrong more often still.
    const few = shareOf(500, () => Number.isFinite(pairsUntil(flips, { effect: 0, most: 14, random })));
    assert.ok(few > 0.1, `${few}`);
  });

  it("usually needs no more than 1.3 times the seeds of a fixed test with a power of 80 %, and has more power in the end", () => {
    const random = randomStream("power");
    for (const [effect, most] of [
      [0.5, 60],
      [1, 30],
      [2, 12],
    ] as const) {
      const until = Array.from({ length: 1000 }, () =>
        pairsUntil(anytimeDecides(), { effect, most, random }),
      ).sort((a, b) => a - b);
      const power = until.filter(Number.isFinite).length / until.length;
      const expected = { n: 3, mean: effect, deviation: 1, interval: [0, 0] as const };
      const fixed = pairsNeeded(expected, { comparisons: 1, alpha: ALPHA }) as number;
      assert.ok((until[500] as number) <= 1.3 * fixed, `effect ${effect}: ${until[500]}, fixed ${fixed}`);
      const flips = shareOf(fixed > 20 ? 40 : 400, () => {
        const differences = Array.from({ length: fixed }, () => effect + random.normal());
        return (signFlipTest(differences)?.p ?? 1) <= ALPHA;
      });
      assert.ok(flips >= 0.65, `effect ${effect}: the fixed test has a power of ${flips}`);
      assert.ok(power >= 0.75, `effect ${effect}: power ${power}`);
      assert.ok(effect < 1 || power > 0.95, `effect ${effect}: power ${power}`);
    }
  });

  it("all intervals of a sequence contain the true centre in at least 95 % of sweeps, looked at after each of 20 seeds", () => {
    const random = randomStream("coverage");
    const share = shareOf(200, () => {
      const differences: number[] = [];
      for (let seed = 1; seed <= 20; seed++) {
        differences.push(0.7 + random.normal());
        const interval = confidenceSequence(differences, ALPHA);
        if (interval === null || interval[0] > 0.7 || interval[1] < 0.7) return false;
      }
      return true;
    });
    assert.ok(share >= 0.95 - 3 * Math.sqrt((0.05 * 0.95) / 200), `${share}`);
  });
});
