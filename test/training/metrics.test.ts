import assert from "node:assert/strict";
import { balancedError, type Metrics, MetricsSum } from "../../src/training/metrics.js";

/** Rows of logits with the class each should have. */
type Batch = readonly (readonly [readonly number[], number])[];

const metricsOf = (batches: readonly Batch[], unused: Batch = []): Metrics => {
  const sum = new MetricsSum();
  for (const batch of batches) {
    const rows = [...batch, ...unused];
    sum.add(
      Float32Array.from(rows.flatMap(([logits]) => logits)),
      Uint16Array.from(rows, ([, label]) => label),
      batch.length,
    );
  }
  return sum.mean();
};

const check = (batches: readonly Batch[], { loss, error, errorTop5 }: Metrics) => {
  const found = metricsOf(batches);
  assert.ok(Object.is(found.loss, loss) || Math.abs(found.loss - loss) < 1e-6, `loss ${found.loss}`);
  assert.deepEqual([found.error, found.errorTop5], [error, errorTop5]);
};

const TEN = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
const flat = (value: number) => new Array<number>(10).fill(value);
const oneHot = (label: number, height: number) => TEN.map((_, index) => (index === label ? height : 0));

describe("MetricsSum", () => {
  it("gives perfect logits loss 0 and error 0", () => {
    check([TEN.map((label) => [oneHot(label, 100), label])], { loss: 0, error: 0, errorTop5: 0 });
    check([[[[1e30, -1e30], 0]]], { loss: 0, error: 0, errorTop5: 0 });
  });

  it("gives wrong logits the loss they deserve", () => {
    check([[[[0, 100], 0]]], { loss: 100, error: 1, errorTop5: 0 });
    check([[[[1, 2, 3], 2]]], { loss: Math.log(1 + Math.exp(-1) + Math.exp(-2)), error: 0, errorTop5: 0 });
  });

  it("counts ties against the network", () => {
    for (const value of [0, -5, 1000])
      check([TEN.map((label) => [flat(value), label])], { loss: Math.log(10), error: 1, errorTop5: 1 });
    check([[[[3, 3, 0], 0]]], { loss: Math.log(2 + Math.exp(-3)), error: 1, errorTop5: 0 });
  });

  it("looks for the class among the five largest", () => {
    const lossAt = (place: number) => Math.log(TEN.reduce((sum, x) => sum + Math.exp(x - 9), 0)) + place;
    for (const place of [0, 1, 4, 5, 9])
      check([[[TEN, place]]], {
        loss: lossAt(place),
        error: place > 0 ? 1 : 0,
        errorTop5: place > 4 ? 1 : 0,
      });
  });

  it("averages over images, not over batches", () => {
    const right: Batch[number] = [[100, 0], 0];
    const wrong: Batch[number] = [[100, 0], 1];
    check([[right, right, right], [wrong]], { loss: 25, error: 0.25, errorTop5: 0 });
    check([[right, wrong], [right], [right]], { loss: 25, error: 0.25, errorTop5: 0 });
  });

  it("leaves the rows out that only fill a batch up", () => {
    const found = metricsOf(
      [[[[100, 0], 0]]],
      [
        [[100, 0], 1],
        [[100, 0], 1],
      ],
    );
    assert.deepEqual(found, { loss: 0, error: 0, errorTop5: 0 });
  });

  it("counts logits that are no numbers as errors", () => {
    check([[[flat(Number.NaN), 3]]], { loss: Number.NaN, error: 1, errorTop5: 1 });
    check([[[[Number.NaN, 1, 0], 1]]], { loss: Number.NaN, error: 1, errorTop5: 0 });
    check([[[[1, Number.NaN, 0], 1]]], { loss: Number.NaN, error: 1, errorTop5: 0 });
    const infinite = metricsOf([[[[Number.POSITIVE_INFINITY, 0], 0]]]);
    assert.ok(Number.isNaN(infinite.loss));
  });

  it("counts each class by itself", () => {
    const sum = new MetricsSum();
    // 900 : 60 : 12 images, always answered by the first class.
    const labels = [
      ...new Array(900).fill(0),
      ...new Array(60).fill(1),
      ...new Array(12).fill(2),
    ] as number[];
    sum.add(Float32Array.from(labels.flatMap(() => [9, 0, 0, 0])), Uint16Array.from(labels), labels.length);
    const errorsByClass = sum.errorsByClass(4);
    assert.deepEqual(errorsByClass, [0, 1, 1, null]);
    assert.equal(balancedError({ errorsByClass }), 2 / 3);
    assert.equal(sum.mean().error, 72 / 972);
    assert.deepEqual(sum.confusion(), [
      { label: 0, predicted: 0, images: 900 },
      { label: 1, predicted: 0, images: 60 },
      { label: 2, predicted: 0, images: 12 },
    ]);
  });

  it("counts what each class is taken for; of equal logits, a wrong class", () => {
    const sum = new MetricsSum();
    sum.add(Float32Array.of(1, 3, 2, 5, 5, 1, 0, 9, 1, 2, 2, 2), Uint16Array.of(0, 0, 1, 2), 4);
    assert.deepEqual(sum.confusion(), [
      { label: 0, predicted: 1, images: 2 },
      { label: 1, predicted: 1, images: 1 },
      { label: 2, predicted: 0, images: 1 },
    ]);
    const right = sum
      .confusion()
      .reduce((all, { label, predicted, images }) => all + (label === predicted ? images : 0), 0);
    assert.equal(sum.mean().error, 1 - right / 4);
  });
});
