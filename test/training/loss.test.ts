import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers";
import { softmaxCrossEntropy, weightedCrossEntropy } from "../../src/training/loss.js";

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

describe("softmaxCrossEntropy of soft labels", () => {
  /** torch.nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing) of PyTorch 1.13, in float64. */
  const LOGITS = [
    [2, 1, -1],
    [0.5, 0, 3],
    [1, 1, 1],
    [-2, 0.3, 0.1],
  ];
  const LABELS = [
    [0.7, 0.3, 0],
    [0, 0, 1],
    [0.25, 0.75, 0],
    [0.5, 0, 0.5],
  ];
  const EXPECTED = [
    {
      smoothing: 0,
      loss: 0.9433240649150221,
      gradient: [
        [0.0013461282, -0.0101258849, 0.0087797567],
        [0.0181303614, 0.0109966201, -0.0291269815],
        [0.0208333333, -0.1041666667, 0.0833333333],
        [-0.1119385895, 0.1302768918, -0.0183383023],
      ],
    },
    {
      smoothing: 0.1,
      loss: 1.004574064915022,
      gradient: [
        [0.0105127948, -0.0109592182, 0.0004464234],
        [0.0097970281, 0.0026632867, -0.0124603148],
        [0.01875, -0.09375, 0.075],
        [-0.1077719228, 0.1219435584, -0.0141716356],
      ],
    },
  ];
  for (const { smoothing, loss, gradient } of EXPECTED)
    it(`has the loss and the gradient of PyTorch, smoothing ${smoothing}`, () => {
      const { value, grad } = tf.valueAndGrad((logits) =>
        softmaxCrossEntropy(tf.tensor2d(LABELS), logits, smoothing),
      )(tf.tensor2d(LOGITS));
      assert.ok(Math.abs((value.dataSync()[0] as number) - loss) < 1e-6, `${value.dataSync()[0]}`);
      const found = grad.dataSync();
      for (const [index, expected] of gradient.flat().entries())
        assert.ok(Math.abs((found[index] as number) - expected) < 1e-6, `${index}: ${found[index]}`);
    });
});

describe("weightedCrossEntropy", () => {
  before(async () => {
    await import("@tensorflow/tfjs-backend-cpu");
    await tf.setBackend("cpu");
  });

  /** torch.nn.functional.cross_entropy(logits, classes, weight=weights, label_smoothing=smoothing) of PyTorch 1.13, in float64. */
  const LOGITS = [
    [2, 1, -1],
    [0.5, 0, 3],
    [1, 1, 1],
    [-2, 0.3, 0.1],
  ];
  const CLASSES = [0, 2, 1, 0];
  const weights = Float32Array.of(0.5, 2, 1.5);
  const EXPECTED = [
    {
      smoothing: 0,
      loss: 0.8963198936003504,
      gradient: [
        [-0.0327350541, 0.02883294, 0.0039021141],
        [0.0241738152, 0.0146621601, -0.0388359753],
        [0.1481481481, -0.2962962963, 0.1481481481],
        [-0.1053060398, 0.0579008408, 0.047405199],
      ],
    },
    {
      smoothing: 0.1,
      loss: 0.9851559415635772,
      gradient: [
        [-0.0122649706, 0.0188236152, -0.0065586447],
        [0.0202015136, -0.0003155676, -0.019885946],
        [0.1395061728, -0.2716049383, 0.1320987654],
        [-0.0969311205, 0.0527361661, 0.0441949544],
      ],
    },
  ];
  for (const { smoothing, loss, gradient } of EXPECTED)
    it(`has the loss and the gradient of PyTorch, smoothing ${smoothing}`, () => {
      const labels = tf.cast(tf.oneHot(tf.tensor1d(CLASSES, "int32"), 3), "float32");
      const { value, grad } = tf.valueAndGrad((logits) =>
        weightedCrossEntropy(labels, logits, { smoothing, weights }),
      )(tf.tensor2d(LOGITS));
      assert.ok(Math.abs((value.dataSync()[0] as number) - loss) < 1e-6, `${value.dataSync()[0]}`);
      const found = grad.dataSync();
      for (const [index, expected] of gradient.flat().entries())
        assert.ok(Math.abs((found[index] as number) - expected) < 1e-6, `${index}: ${found[index]}`);
    });

  it("is the mean over images where all classes weigh the same", () => {
    const labels = tf.cast(tf.oneHot(tf.tensor1d(CLASSES, "int32"), 3), "float32");
    const logits = tf.tensor2d(LOGITS);
    for (const smoothing of [0, 0.2])
      assert.ok(
        Math.abs(
          (weightedCrossEntropy(labels, logits, {
            smoothing,
            weights: Float32Array.of(3, 3, 3),
          }).dataSync()[0] as number) -
            (softmaxCrossEntropy(labels, logits, smoothing).dataSync()[0] as number),
        ) < 1e-6,
      );
  });
});
