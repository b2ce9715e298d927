import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Split } from "../../src/data/split.js";
import { stepwise } from "../../src/runtime/program.js";
import { evaluateSplit } from "../../src/training/evaluate.js";

const CLASSES = 10;
const COUNT = 205;
const SIZE = 32;

/** Images of one pixel that is their index, sorted by class as in many files. */
const SORTED: Split = {
  count: COUNT,
  classes: CLASSES,
  shape: { height: 1, width: 1, channels: 1 },
  labels: Uint16Array.from({ length: COUNT }, (_, index) => Math.floor((index * CLASSES) / COUNT)),
  ahead: 0,
  load: async (indices) => Float32Array.from(indices),
};

describe("evaluateSplit", () => {
  it("sees every image once, in an order that has nothing to do with that of the file, the same each time", async () => {
    const orders: number[][] = [];
    for (let time = 0; time < 2; time++) {
      const seen: number[] = [];
      const program = stepwise(async ({ images }) => ({
        images: images as Float32Array,
        logits: Float32Array.from({ length: SIZE * CLASSES }, (_, at) => {
          const image = (images as Float32Array)[Math.floor(at / CLASSES)] as number;
          return SORTED.labels[image] === at % CLASSES ? 9 : 0;
        }),
      }));
      const { error } = await evaluateSplit(program, SORTED, {
        size: SIZE,
        classes: CLASSES,
        onBatch: (indices, { images }) => {
          assert.deepEqual([...indices], [...(images as Float32Array).subarray(0, indices.length)]);
          seen.push(...indices);
        },
      });
      assert.equal(error, 0);
      orders.push(seen);
    }
    const [first, second] = orders as [number[], number[]];
    assert.deepEqual(first, second);
    assert.deepEqual(
      first.toSorted((a, b) => a - b),
      [...SORTED.labels.keys()],
    );
    const alike = first.filter(
      (image, at) => SORTED.labels[image] === SORTED.labels[first[(at + 1) % COUNT] as number],
    );
    assert.ok(alike.length < COUNT / 5, `${alike.length} of ${COUNT} stand before one of their class`);
  });
});
