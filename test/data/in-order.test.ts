import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inOrder } from "../../src/data/in-order.js";

describe("work begun ahead", () => {
  it("is returned in order, and never further ahead than asked", async () => {
    const begun: number[] = [];
    const begin = async (index: number) => {
      begun.push(index);
      await sleep(index === 1 ? 20 : 1);
      return index;
    };
    const seen: number[] = [];
    for await (const result of inOrder({ count: 5, ahead: 2, begin })) {
      assert.deepEqual(begun, [0, 1, 2, 3, 4].slice(0, result + 3));
      seen.push(result);
    }
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  });

  it("fails where its result is waited for, even if it fails early", async () => {
    const begin = async (index: number) => {
      if (index === 2) throw new Error("the third");
      await sleep(5);
      return index;
    };
    const seen: number[] = [];
    const all = async () => {
      for await (const result of inOrder({ count: 4, ahead: 3, begin })) seen.push(result);
    };
    await assert.rejects(all(), /the third/);
    assert.deepEqual(seen, [0, 1]);
  });
});
