// CUDA's provider leaves transposed convolutions that cut off more on one side to the CPU. What is made for it has none, and is right.

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { lower } from "../../src/compile/lower.js";
import { trace, useTraceBackend } from "../../src/compile/trace/trace.js";
import { DEVICES } from "../../src/runtime/devices.js";
import type { StepFunction } from "../../src/runtime/program.js";
import { assertSameOutcome, ENGINES, randomArray, runOn } from "../engine/both-engines.js";

type Shape4 = [number, number, number, number];

interface Case {
  readonly image: Shape4;
  readonly run: (x: tf.Tensor4D) => tf.Tensor;
}

const filter = (shape: Shape4) =>
  tf.tensor(
    randomArray(
      shape.reduce((a, b) => a * b),
      "filter",
    ),
    shape,
  ) as tf.Tensor4D;

/** Of all, `same` padding adds one row or column more after the image than before it. */
const CASES: Readonly<Record<string, Case>> = {
  "3x3, stride 2": { image: [2, 8, 8, 4], run: (x) => tf.conv2d(x, filter([3, 3, 4, 6]), 2, "same") },
  "3x5, stride 2 and 3": {
    image: [2, 8, 10, 3],
    run: (x) => tf.conv2d(x, filter([3, 5, 3, 2]), [2, 3], "same"),
  },
  "7x7, stride 2": { image: [1, 16, 14, 3], run: (x) => tf.conv2d(x, filter([7, 7, 3, 4]), 2, "same") },
  "depthwise, stride 2": {
    image: [2, 8, 8, 4],
    run: (x) => tf.depthwiseConv2d(x, filter([3, 3, 4, 1]), 2, "same"),
  },
  "average pool 3x3, stride 2": { image: [2, 8, 8, 3], run: (x) => tf.avgPool(x, 3, 2, "same") },
  "average pool 2x2 over an odd image": { image: [1, 7, 5, 3], run: (x) => tf.avgPool(x, 2, 2, "same") },
};

/** The gradient of a weighted sum of the results. */
function gradientOf({ image, run }: Case): StepFunction {
  const loss = (x: tf.Tensor) => tf.sum(tf.square(run(x as tf.Tensor4D)));
  return { inputs: { x: image }, layers: [], run: ({ x }) => ({ dx: tf.grad(loss)(x as tf.Tensor) }) };
}

describe("transposed convolutions for CUDA", () => {
  for (const [name, own] of Object.entries(CASES)) {
    it(`cut off equally much on both sides: ${name}`, () => {
      const padsFor = (device: "cpu" | "cuda") => {
        useTraceBackend();
        const target = { block: null, ...DEVICES[device].kernels };
        const { nodes } = lower(trace(gradientOf(own), new Map()), target).graph;
        return nodes.flatMap(({ type, attributes: { pads } }) =>
          type === "ConvTranspose" ? [pads as readonly number[]] : [],
        );
      };
      const isEven = ([top, left, bottom, right]: readonly number[]) => top === bottom && left === right;
      assert.ok(padsFor("cpu").some((pads) => !isEven(pads)));
      assert.ok(padsFor("cuda").every(isEven));
    });

    it(`have the gradients of the eager engine: ${name}`, async () => {
      const inputs = [
        {
          x: randomArray(
            own.image.reduce((a, b) => a * b),
            "x",
          ),
        },
      ];
      const outcome = async (engine: keyof typeof ENGINES) =>
        runOn(await ENGINES[engine](), () => ({ step: gradientOf(own), variables: new Map() }), {
          initial: new Map(),
          inputs,
        });
      assertSameOutcome(await outcome("as for CUDA"), await outcome("eager"), {
        what: name,
        tolerance: 1e-5,
      });
    });
  }
});
