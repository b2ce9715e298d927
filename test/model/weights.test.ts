import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { before, describe, it } from "mocha";
import { buildModel } from "../../src/model/build-model.js";
import { drawInitialState, initialState } from "../../src/model/initial-values.js";
import type { Graph } from "../../src/network/graph.js";
import { GraphBuilder } from "../../src/network/graph-builder.js";
import { ENGINES } from "../engine/both-engines.js";

const DEFAULTS = {
  bias: true,
  padding: "same",
  zeroInit: true,
  norm: "batch",
  batchNorm: { epsilon: 1e-5, momentum: 0.9 },
} as const;

/** `add`: adds nodes after an input of the given shape. */
function graphOf(
  [height, width, channels]: readonly [number, number, number],
  add: (builder: GraphBuilder) => void,
): Graph {
  const builder = new GraphBuilder(DEFAULTS);
  builder.add("input", "x", [], [], { shape: { height, width, channels } });
  add(builder);
  return builder.finish();
}

describe("initial weights", () => {
  const conv = { kernel: [3, 3], stride: 1, padding: "same", dilation: 1, bias: true } as const;
  const graph = graphOf([5, 5, 64], (builder) => {
    builder.add("conv", "conv", ["x"], [], { ...conv, filters: 128, groups: 1 });
    builder.add("conv", "grouped", ["conv"], [], { ...conv, filters: 64, groups: 4 });
    builder.add("conv", "depthwise", ["grouped"], [], { ...conv, filters: 64, groups: 64 });
    builder.norm("depthwise", "norm", []);
    builder.lastNorm("norm.bn", "last", []);
    builder.add("layer-scale", "scaled", ["last.bn"], [], { initial: 0.25 });
    builder.add("channel-function", "gct", ["scaled"], [], { kind: "gct" });
    builder.add("channel-function", "random", ["gct"], [], { kind: "random-factors" });
    builder.add("global-avg-pool", "pool", ["random"], [], {});
    builder.add("channel-conv", "eca", ["pool"], [], { kernel: 3 });
    builder.add("dense", "dense", ["eca"], [], { units: 10, bias: true });
  });

  it("are the same from a thread, which draws many while others work", async () => {
    const wide = graphOf([1, 1, 512], (builder) => {
      builder.add("conv", "conv", ["x"], [], { ...conv, filters: 512, groups: 1 });
    });
    let hasWorked = false;
    setImmediate(() => {
      hasWorked = true;
    });
    const drawn = await drawInitialState(wide, 7);
    assert.ok(hasWorked);
    assert.deepEqual(drawn, initialState(wide, 7));
  });

  let state: ReadonlyMap<string, Float32Array>;

  before(() => {
    state = initialState(graph, 7);
  });

  const check = (name: string, expected: (values: readonly number[]) => boolean) =>
    it(name, () => {
      const values = state.get(name);
      assert.ok(values, "no such weight");
      assert.ok(expected([...values]), `${values.slice(0, 5)} ...`);
    });
  const all = (value: number) => (values: readonly number[]) => values.every((one) => one === value);
  /** Whether the variance is within four standard errors of 2 / fan-in. */
  const normal = (fanIn: number) => (values: readonly number[]) => {
    const variance = values.reduce((sum, one) => sum + one * one, 0) / values.length;
    return Math.abs(variance * (fanIn / 2) - 1) < 4 * Math.sqrt(2 / values.length);
  };

  check("conv/kernel", normal(9 * 64));
  check("conv/bias", all(0));
  check("grouped/kernel", normal(9 * 32));
  check("depthwise/depthwise_kernel", normal(9));
  check("norm.bn/gamma", all(1));
  check("norm.bn/beta", all(0));
  check("norm.bn/moving_mean", all(0));
  check("norm.bn/moving_variance", all(1));
  check("scaled/factor", all(0.25));
  check("last.bn/gamma", all(0));
  check("gct/alpha", all(1));
  check("gct/gamma_gate", all(0));
  check(
    "random/random_factor",
    (values) => values.every((one) => one > 0 && one < 1) && new Set(values).size > 60,
  );
  check("eca/kernel", (values) => values.every((one) => one !== 0));
  check("dense/kernel", normal(64));
});

describe("a dilated convolution", () => {
  /** Checks at which positions a kernel of ones sees a single bright pixel. */
  const check = (channels: number, groups: number) =>
    it(`of ${channels} channels in ${groups} groups looks at pixels two apart`, async () => {
      await ENGINES.eager();
      tf.setBackend("cpu");
      const graph = graphOf([7, 7, channels], (builder) => {
        const shape = { kernel: [3, 3], stride: 1, padding: "same", dilation: 2, bias: false } as const;
        builder.add("conv", "conv", ["x"], [], { ...shape, filters: channels, groups });
      });
      const { layersModel, weights } = buildModel(graph);
      for (const kernel of weights.values()) kernel.assign(tf.ones(kernel.shape));
      const image = tf.buffer<tf.Rank.R4>([1, 7, 7, channels]);
      image.set(1, 0, 3, 3, 0);
      const y = layersModel.apply(image.toTensor()) as tf.Tensor4D;
      const [seen] = tf.slice(y, [0, 0, 0, 0], [1, 7, 7, 1]).arraySync() as number[][][][];
      const lit = seen?.map((row) => row.map(([value]) => value).join("")).join("\n");
      assert.equal(lit, "0000000\n0101010\n0000000\n0101010\n0000000\n0101010\n0000000");
    });
  check(2, 1);
  check(2, 2);
  check(1, 1);
});
