import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Program, Values } from "../../src/runtime/program.js";
import { StepQueue } from "../../src/training/step-queue.js";
import { StepsAtOnce } from "../../src/training/steps-at-once.js";

/** The numbers of steps of calls, if a call of n steps takes `overhead` + n `step` milliseconds. */
function countsOf({
  overhead,
  step,
  bytes = 1,
  joinsSteps = true,
}: {
  overhead: number;
  step: number;
  bytes?: number;
  joinsSteps?: boolean;
}): number[] {
  const atOnce = new StepsAtOnce({ joinsSteps });
  return Array.from({ length: 40 }, () => {
    const { count } = atOnce;
    atOnce.note({ steps: count, milliseconds: overhead + count * step, bytes });
    return count;
  });
}

describe("StepsAtOnce", () => {
  it("tries more and more steps as long as each takes less time", () => {
    const counts = countsOf({ overhead: 5, step: 0.5 });
    assert.deepEqual(
      [1, 4, 16, 64].map((count) => counts.indexOf(count)),
      [0, 4, 8, 12],
    );
    // 256 steps would take 133 ms, and 1,024 more than a quarter of a second.
    assert.deepEqual([...new Set(counts)], [1, 4, 16, 64, 256]);
    assert.equal(counts.at(-1), 256);
  });

  it("stays with one step if more do not take less time", () => {
    assert.equal(countsOf({ overhead: 0, step: 3 }).at(-1), 1);
  });

  it("returns to the last number that was worthwhile", () => {
    // 1: 2.2 ms a step, 4: 2.05, 16: 2.01.
    assert.equal(countsOf({ overhead: 0.2, step: 2 }).at(-1), 4);
  });

  it("asks for no call of more than a quarter of a second or 256 MB", () => {
    assert.equal(countsOf({ overhead: 20, step: 20 }).at(-1), 4);
    assert.equal(countsOf({ overhead: 5, step: 0.5, bytes: 20e6 }).at(-1), 4);
    assert.equal(countsOf({ overhead: 100, step: 200 }).at(-1), 1);
  });

  it("does not count the first call of a number, which takes longer", () => {
    const atOnce = new StepsAtOnce({ joinsSteps: true });
    for (const milliseconds of [1, 10, 10, 10]) atOnce.note({ steps: 1, milliseconds, bytes: 1 });
    for (const milliseconds of [9000, 36, 36, 36]) atOnce.note({ steps: 4, milliseconds, bytes: 1 });
    assert.equal(atOnce.count, 16);
  });

  it("takes one step at a time if the program does not join them", () => {
    assert.deepEqual(new Set(countsOf({ overhead: 5, step: 0.5, joinsSteps: false })), new Set([1]));
  });
});

describe("StepQueue", () => {
  /** Adds each input to the state, and returns it; `calls` are the numbers of steps. */
  function adder() {
    const calls: number[] = [];
    let state = 0;
    const runEach = async (steps: readonly Values[]) => {
      calls.push(steps.length);
      return steps.map(({ x }) => {
        state += x?.[0] ?? 0;
        return { sum: Float32Array.of(state) };
      });
    };
    const program: Program = {
      run: async (values) => (await runEach([values]))[0] as Values,
      runEach,
      joinsSteps: true,
    };
    return { program, calls };
  }

  it("has the results of each step in order, also of those that are left at the end, although inputs are overwritten", async () => {
    const { program, calls } = adder();
    const target = { program, atOnce: new StepsAtOnce(program) };
    for (let call = 0; call < 4; call++) target.atOnce.note({ steps: 1, milliseconds: 10, bytes: 1 });
    const sums: number[][] = [];
    const queue = new StepQueue<{ inputs: Values; at: number }>(({ at }, { sum }) =>
      sums.push([at, sum?.[0] ?? 0]),
    );
    const x = new Float32Array(1);
    for (let at = 1; at <= 10; at++) {
      x[0] = at;
      await queue.add(target, { inputs: { x }, at });
    }
    await queue.flush();
    assert.deepEqual(calls, [4, 4, 2]);
    assert.deepEqual(
      sums,
      Array.from({ length: 10 }, (_, index) => [index + 1, ((index + 1) * (index + 2)) / 2]),
    );
    await queue.flush();
    assert.equal(calls.length, 3);
  });

  it("runs what is waiting before a step of another program", async () => {
    const [first, second] = [adder(), adder()];
    const order: string[] = [];
    const targets = [first, second].map(({ program }) => ({ program, atOnce: new StepsAtOnce(program) }));
    for (const { atOnce } of targets)
      for (let call = 0; call < 4; call++) atOnce.note({ steps: 1, milliseconds: 10, bytes: 1 });
    const queue = new StepQueue<{ inputs: Values; name: string }>(({ name }) => order.push(name));
    for (const index of [0, 0, 1, 0])
      await queue.add(targets[index] as (typeof targets)[number], {
        inputs: { x: Float32Array.of(1) },
        name: String(index),
      });
    await queue.flush();
    assert.deepEqual(order, ["0", "0", "1", "0"]);
    assert.deepEqual([first.calls, second.calls], [[2, 1], [1]]);
  });
});
