import assert from "node:assert/strict";
import { batchesOf, takeBatch, wholeBatches } from "../../src/data/batches.js";
import { FIXED, type Split } from "../../src/data/split.js";
import { permutation, randomStream } from "../../src/random.js";

/** Image k has the two pixels k and -k, and class k mod 3. */
function splitOf(count: number): Split {
  return {
    count,
    classes: 3,
    shape: { height: 1, width: 2, channels: 1 },
    labels: Uint16Array.from({ length: count }, (_, index) => index % 3),
    ahead: 0,
    load: async (indices) => Float32Array.from([...indices].flatMap((index) => [index, -index])),
  };
}

describe("takeBatch", () => {
  const check = async (
    where: { order: number[]; start: number; size: number },
    expected: { count: number; images: number[]; classes: number[] },
  ) => {
    const batch = await takeBatch(splitOf(7), {
      ...where,
      order: Uint32Array.from(where.order),
      classes: 3,
      draw: FIXED,
    });
    assert.equal(batch.count, expected.count);
    assert.deepEqual(
      Array.from(batch.images, (value) => value || 0),
      expected.images.flatMap((image) => [image, -image || 0]),
    );
    assert.deepEqual([...batch.classes], expected.classes);
    assert.deepEqual(
      [...batch.labels],
      expected.classes.flatMap((own) => [0, 1, 2].map((label) => (label === own ? 1 : 0))),
    );
  };

  it("follows the order, which begins again past its end", async () => {
    const order = [6, 1, 4, 3, 5];
    await check({ order, start: 0, size: 2 }, { count: 2, images: [6, 1], classes: [0, 1] });
    await check({ order, start: 3, size: 2 }, { count: 2, images: [3, 5], classes: [0, 2] });
    await check({ order, start: 4, size: 3 }, { count: 1, images: [5, 6, 1], classes: [2, 0, 1] });
  });

  it("gives every image once an epoch, for any batch size", async () => {
    const split = splitOf(23);
    const orders = [
      Uint32Array.from({ length: 23 }, (_, index) => index),
      permutation(23, randomStream(1, "shuffle", 1)),
    ];
    for (const order of orders)
      for (const size of [1, 2, 5, 22, 23]) {
        const seen: number[] = [];
        for (let start = 0; start < order.length; start += size) {
          const { images, count } = await takeBatch(split, { order, start, size, classes: 3, draw: FIXED });
          for (let position = 0; position < count; position++) seen.push(images[2 * position] as number);
        }
        assert.deepEqual(seen, [...order]);
      }
  });
});

describe("the batches of an epoch", () => {
  const check = (images: number, size: number, expected: readonly number[], divide = batchesOf) => {
    const batches = divide(images, size);
    assert.deepEqual(
      batches.map((batch) => batch.size),
      expected,
    );
    assert.deepEqual(
      batches.map(({ start }) => start),
      expected.map((_, index) => index * size),
    );
  };
  it("take what is left as a batch of its own", () => {
    check(8, 4, [4, 4]);
    check(10, 4, [4, 4, 2]);
    check(3, 4, [3]);
  });
  it("leave no image alone", () => {
    check(9, 4, [4, 5]);
    check(5, 4, [5]);
    check(1, 4, [1]);
  });
  it("leave out an incomplete last batch", () => {
    check(8, 4, [4, 4], wholeBatches);
    check(9, 4, [4, 4], wholeBatches);
    check(11, 4, [4, 4], wholeBatches);
    check(3, 4, [], wholeBatches);
    check(3, 1, [1, 1, 1], wholeBatches);
  });
});
