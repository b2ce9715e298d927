import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { softmaxCrossEntropy } from "../../src/training/steps.js";

const lossOf = (labels: number[][], logits: number[][], smoothing: number) =>
  tf.tidy(
    () => softmaxCrossEntropy(tf.tensor2d(labels), tf.tensor2d(logits), smoothing).dataSync()[0],
  ) as number;

const check = (labels: number[][], logits: number[][], smoothing: number, expected: number) => {
  const found = lossOf(labels, logits, smoothing);
  assert.ok(Math.abs(found - expected) < 1e-5 * Math.max(1, expected), `${found}, expected ${expected}`);
};

describe("softmaxCrossEntropy", () => {
  before(async () => {
    tf.enableProdMode();
    await import("@tensorflow/tfjs-backend-cpu");
    await tf.setBackend("cpu");
  });

  const eye = Array.from({ length: 10 }, (_, row) =>
    Array.from({ length: 10 }, (_, column) => (row === column ? 1 : 0)),
  );

  it("applies softmax once: perfect logits fall below the 1.46115 of softmax twice", () => {
    const perfect = eye.map((row) => row.map((value) => 20 * value));
    check(eye, perfect, 0, 0);
    assert.ok(lossOf(eye, perfect, 0) < 0.01);
  });

  it("is the mean over images of minus the logarithm of the class' share", () => {
    check(
      eye,
      eye.map((row) => row.map(() => 3)),
      0,
      Math.log(10),
    );
    const share = (x: number, y: number) => Math.log(1 + Math.exp(y - x));
    check(
      [
        [1, 0],
        [0, 1],
      ],
      [
        [2, 1],
        [4, 1],
      ],
      0,
      (share(2, 1) + share(1, 4)) / 2,
    );
    check([[1, 0]], [[1000, -1000]], 0, 0);
    check([[1, 0]], [[-1000, 1000]], 0, 2000);
  });

  it("spreads a share of the target over all classes", () => {
    // Target [0.95, 0.05] of logits [2, 0]: -0.95 log p - 0.05 log(1 - p), p = 1 / (1 + e^-2).
    const p = 1 / (1 + Math.exp(-2));
    check([[1, 0]], [[2, 0]], 0.1, -0.95 * Math.log(p) - 0.05 * Math.log(1 - p));
    // Four classes, smoothing 0.2, logits log of [4, 2, 1, 1] / 8: targets 0.05, 0.85, 0.05, 0.05.
    const logits = [4, 2, 1, 1].map((share) => Math.log(share / 8));
    const expected = -(0.05 * Math.log(1 / 2) + 0.85 * Math.log(1 / 4) + 0.1 * Math.log(1 / 8));
    check([[0, 1, 0, 0]], [logits], 0.2, expected);
    // No logits are better than those of the smoothed target itself.
    check([[1, 0]], [[Math.log(0.95), Math.log(0.05)]], 0.1, -0.95 * Math.log(0.95) - 0.05 * Math.log(0.05));
  });
});
