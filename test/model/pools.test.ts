// What pools make of the border: an image of -1 everywhere.

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { buildModel } from "../../src/model/build-model.js";
import { GraphBuilder } from "../../src/network/graph-builder.js";
import { ENGINES } from "../engine/both-engines.js";

describe("pools with padding", () => {
  const check = (op: "max-pool" | "avg-pool" | "padded-avg-pool", padding: string, expected: number[]) =>
    it(`${op}, ${padding}`, async () => {
      await ENGINES.eager();
      tf.setBackend("cpu");
      const batchNorm = { epsilon: 1e-5, momentum: 0.9 };
      const builder = new GraphBuilder({
        bias: false,
        padding: "same",
        zeroInit: false,
        norm: "batch",
        batchNorm,
      });
      builder.add("input", "x", [], [], { shape: { height: 4, width: 4, channels: 1 } });
      builder.add(op, "pool", ["x"], [], { kernel: 3, stride: 2, padding } as never);
      const { layersModel } = buildModel(builder.finish());
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
