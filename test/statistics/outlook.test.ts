// How long a comparison may take: against Student's distribution and plain simulations.

import assert from "node:assert/strict";
import jstat from "jstat";
import { describe, it } from "mocha";
import { randomStream } from "../../src/random.js";
import { startEvidence } from "../../src/statistics/evidence.js";
import { decidedAfter, isHopeless, normal, posteriorOf } from "../../src/statistics/outlook.js";
import { spreadOf } from "../../src/statistics/spread.js";

const GOAL = { alpha: 0.05, margin: null, atLeast: 3, atMost: 30 };

describe("the outlook of a comparison", () => {
  it("draws means from Student's distribution, as the posterior under the usual prior has them", () => {
    const differences = [0.4, -0.2, 0.9, 0.3, 0.5];
    const { n, mean, deviation } = spreadOf(differences) ?? { n: 0, mean: 0, deviation: 0 };
    const draw = posteriorOf(differences);
    const random = randomStream("posterior");
    const sampled = 4000;
    /** Of many draws from one distribution, the mean is close to its own. */
    const means = Array.from({ length: sampled }, () => {
      const next = draw?.(random);
      return Array.from({ length: 400 }, () => next?.() ?? 0).reduce((sum, one) => sum + one, 0) / 400;
    });
    for (const at of [0, 0.2, mean, 0.6, 0.8]) {
      const below = means.filter((one) => one < at).length / sampled;
      const expected = jstat.studentt.cdf((at - mean) / (deviation / Math.sqrt(n)), n - 1);
      assert.ok(Math.abs(below - expected) < 0.03, `below ${at}: ${below}, not ${expected}`);
    }
  });

  it("is as long as plain sweeps take that are simulated one by one", () => {
    const beliefs = { differences: [], draw: normal(1, 1) };
    const foreseen = decidedAfter(beliefs, GOAL, { futures: 2000, random: randomStream("outlook") });
    const random = randomStream("sweeps");
    const plain = Array.from({ length: 2000 }, () => {
      const evidence = startEvidence();
      for (let pairs = 1; pairs <= 30; pairs++)
        if (evidence.add(1 + random.normal()) >= Math.log(20) && pairs >= 3) return pairs;
      return Number.POSITIVE_INFINITY;
    }).sort((a, b) => a - b);
    for (const share of [0.05, 0.25, 0.5, 0.75])
      assert.ok(
        Math.abs((foreseen[2000 * share] as number) - (plain[2000 * share] as number)) <= 1,
        `${share}: ${foreseen[2000 * share]}, not ${plain[2000 * share]}`,
      );
  });

  it("is shorter with a margin, if nothing differs", () => {
    const none = { differences: [], draw: normal(0, 1) };
    const futures = { futures: 200, random: randomStream("margin") };
    const decided = (margin: number | null) =>
      decidedAfter(none, { ...GOAL, margin }, futures).filter(Number.isFinite).length;
    assert.ok(decided(null) < 20);
    assert.ok(decided(1.5) > 180);
  });

  it("is hopeless where the time that is left is too short, and not where it suffices", () => {
    const undecided = [0.1, -0.3, 0.2, -0.2, 0.3, -0.1, 0.1, -0.2];
    const hopeless = (differences: readonly number[], atMost: number) =>
      isHopeless(differences, { ...GOAL, atMost }, randomStream("futures"));
    assert.ok(hopeless(undecided, 12));
    assert.ok(!hopeless([0.5, 0.9, 0.7, 0.2], 30));
    assert.ok(!hopeless([0, 0, 0], 30));
    assert.ok(hopeless(new Array<number>(12).fill(0), 20));
    // A single difference, or several that are all the same, say nothing of what is to come.
    assert.ok(!hopeless([0.5], 30) && !hopeless([0.5, 0.5, 0.5], 30));
  });
});
