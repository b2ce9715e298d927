import assert from "node:assert/strict";
import type { ScheduleSpec } from "../../src/config/experiment.js";
import { learningRateAt } from "../../src/training/schedule.js";

/** Learning rate 0.8, ten epochs of four steps. */
const check = (schedule: ScheduleSpec, expected: Readonly<Record<number, number>>) => {
  for (const [step, rate] of Object.entries(expected)) {
    const found = learningRateAt(schedule, Number(step), { learningRate: 0.8, epochs: 10, stepsPerEpoch: 4 });
    assert.ok(Math.abs(found - rate) < 1e-12, `step ${step}: ${found}, expected ${rate}`);
  }
};

describe("learningRateAt", () => {
  it("is constant", () => {
    check({ name: "constant", warmup: 0 }, { 0: 0.8, 1: 0.8, 39: 0.8 });
    check({ name: "constant", warmup: 2 }, { 0: 0.1, 1: 0.2, 3: 0.4, 6: 0.7, 7: 0.8, 8: 0.8, 39: 0.8 });
    check({ name: "constant", warmup: 0.5 }, { 0: 0.4, 1: 0.8, 2: 0.8 });
    check({ name: "constant", warmup: 0.1 }, { 0: 0.8 });
  });

  it("falls in steps at the start of epochs", () => {
    const steps = { name: "steps" as const, at: [3, 7.5], factor: 0.5 };
    check({ ...steps, warmup: 0 }, { 0: 0.8, 11: 0.8, 12: 0.4, 29: 0.4, 30: 0.2, 39: 0.2 });
    check({ ...steps, warmup: 1 }, { 0: 0.2, 1: 0.4, 2: 0.6, 3: 0.8, 11: 0.8, 12: 0.4, 30: 0.2 });
    check({ ...steps, warmup: 4 }, { 11: 0.6, 12: (0.4 * 13) / 16, 15: 0.4 });
    check({ name: "steps", at: [1], factor: 10, warmup: 0 }, { 3: 0.8, 4: 8 });
  });

  it("falls at the start of steps", () => {
    const steps = { name: "steps" as const, at: ["10 steps", 5, "21 steps"] as const, factor: 0.5 };
    check({ ...steps, warmup: 0 }, { 0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2, 21: 0.1, 39: 0.1 });
  });

  it("follows half a cosine, from where the warm-up ends", () => {
    const half = Math.SQRT1_2;
    check(
      { name: "cosine", final: 0, warmup: 0 },
      { 0: 0.8, 10: 0.4 * (1 + half), 20: 0.4, 30: 0.4 * (1 - half), 40: 0 },
    );
    check({ name: "cosine", final: 0.5, warmup: 0 }, { 0: 0.8, 20: 0.6, 40: 0.4 });
    check({ name: "cosine", final: 1, warmup: 0 }, { 0: 0.8, 13: 0.8, 39: 0.8 });
    check(
      { name: "cosine", final: 0, warmup: 2 },
      { 0: 0.1, 7: 0.8, 8: 0.8, 16: 0.4 * (1 + half), 24: 0.4, 40: 0 },
    );
    check({ name: "cosine", final: 0, warmup: 10 }, { 0: 0.02, 19: 0.4, 39: 0.8 });
  });
});
