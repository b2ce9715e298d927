// What pools make of the border: an image of -1 everywhere.

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { buildModel } from "../../src/model/build-model.js";
import { ENGINES } from "../engine/both-engines.js";
import { graphWith } from "./single-layer.js";

describe("pools with padding", () => {
  const check = (op: "max-pool" | "avg-pool" | "padded-avg-pool", padding: string, expected: number[]) =>
    it(`${op}, ${padding}`, async () => {
      await ENGINES.eager();
      tf.setBackend("cpu");
      const graph = graphWith({ height: 4, width: 4, channels: 1 }, (builder) => {
        builder.add(op, "pool", ["input"], [], { kernel: 3, stride: 2, padding } as never);
      });
      const { layersModel } = buildModel(graph);
      const y = layersModel.apply(tf.fill([1, 4, 4, 1], -1)) as tf.Tensor;
      assert.deepEqual(
        Array.from(y.dataSync(), (value) => Math.round(value * 9) / 9),
        expected.map((value) => Math.round(value * 9) / 9),
      );
    });
  for (const padding of ["same", "symmetric"]) {
    check("max-pool", padding, [-1, -1, -1, -1]);
    check("avg-pool", padding, [-1, -1, -1, -1]);
  }
  check("padded-avg-pool", "symmetric", [-4 / 9, -6 / 9, -6 / 9, -1]);
});
