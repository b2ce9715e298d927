import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { limitedTo } from "../../src/data/limited.js";

describe("limitedTo", () => {
  it("runs tasks together while they fit, in their order, and a larger one alone", async () => {
    const limited = limitedTo(10);
    let used = 0;
    const seen: number[] = [];
    const task = (size: number, fails = false) =>
      limited(size, async () => {
        used += size;
        seen.push(used);
        await sleep(5);
        used -= size;
        if (fails) throw new Error("as planned");
      });
    await Promise.allSettled([task(4), task(6, true), task(3), task(25), task(10), task(1)]);
    assert.deepEqual(seen, [4, 10, 9, 25, 10, 1]);
  });
});
