import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { before, describe, it } from "mocha";
import { sizeOfShape } from "../../src/compile/graph/graph.js";
import { isAvailable } from "../../src/compile/onnx/session.js";
import { readSource } from "../../src/config/source.js";
import { groupedConv2d } from "../../src/model/grouped-conv-kernels.js";
import { initialState } from "../../src/model/initial-values.js";
import { assertSameOutcome, ENGINES, randomArray, runOn, type Subject } from "./both-engines.js";
import { experimentOf, graphOf, subjectOf } from "./whole-network.js";

/** A software Vulkan driver from Debian's chromium, for machines without a GPU. */
const SOFTWARE_DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";

const SHAPE = { batch: 4, height: 12, width: 12, channels: 1, classes: 10 };
const STEPS = 5;

describe("the compiled engine on WebGPU", function () {
  this.timeout(240_000);

  before(async function () {
    if (process.env.VK_ICD_FILENAMES === undefined && existsSync(SOFTWARE_DRIVER))
      process.env.VK_ICD_FILENAMES = SOFTWARE_DRIVER;
    if (!(await isAvailable("webgpu"))) this.skip();
  });

  it("trains SE-ResNet-20 with the same losses as the CPU", async () => {
    const experiment = experimentOf(readSource("configs/fashion/se-resnet20.yaml"));
    const make = () => subjectOf(experiment, "train", SHAPE);
    const inputs = Array.from({ length: STEPS }, (_, step) => ({
      images: randomArray(SHAPE.batch * SHAPE.height * SHAPE.width, "images", step),
      labels: Float32Array.from({ length: SHAPE.batch * 10 }, (_, index) =>
        index % 10 === (Math.floor(index / 10) + step) % 10 ? 1 : 0,
      ),
      learning_rate: Float32Array.of(0.01),
    }));
    const cpu = await ENGINES.plain();
    const initial = initialState(graphOf(experiment, SHAPE), 1);
    const expected = await runOn(cpu, make, { initial, inputs });
    const found = await runOn(await ENGINES.webgpu(), make, { initial, inputs });
    expected.results.forEach(({ loss }, step) => {
      assert.ok(
        Math.abs((loss?.[0] as number) - (found.results[step]?.loss?.[0] as number)) < 1e-4,
        `step ${step + 1}: ${found.results[step]?.loss} instead of ${loss}`,
      );
    });
  });

  // ONNX Runtime's kernel computes four output channels together, which may belong to two groups.
  for (const [groups, from, to] of [
    [4, 4, 6],
    [4, 6, 4],
    [2, 5, 7],
  ] as const)
    it(`computes ${groups} groups of ${from} to ${to} channels, with gradients`, async () => {
      const inputs = {
        x: [3, 6, 5, groups * from],
        w: [3, 3, from, groups * to],
        dy: [3, 6, 5, groups * to],
      };
      const make = (): Subject => ({
        variables: new Map(),
        step: {
          inputs,
          layers: [],
          run: ({ x, w, dy }) => {
            const y = (x: tf.Tensor, w: tf.Tensor) =>
              groupedConv2d(x as tf.Tensor4D, w as tf.Tensor4D, { groups, strides: 1, pad: "same" });
            const [dx, dw] = tf.grads((x, w) => tf.sum(tf.mul(y(x, w), dy as tf.Tensor)))([
              x as tf.Tensor,
              w as tf.Tensor,
            ]) as [tf.Tensor, tf.Tensor];
            return { y: y(x as tf.Tensor, w as tf.Tensor), dx, dw };
          },
        },
      });
      const values = Object.fromEntries(
        Object.entries(inputs).map(([name, shape]) => [name, randomArray(sizeOfShape(shape), name)]),
      );
      const run = { initial: new Map(), inputs: [values] };
      const expected = await runOn(await ENGINES.eager(), make, run);
      const found = await runOn(await ENGINES.webgpu(), make, run);
      assertSameOutcome(found, expected, { what: "webgpu", tolerance: 1e-5 });
    });

  it("computes the gradient of max pooling without indices, including ties", async () => {
    const make = (): Subject => ({
      variables: new Map(),
      step: {
        inputs: { x: [2, 7, 6, 3] },
        layers: [],
        run: ({ x }) => ({
          dx: tf.grad((x) =>
            tf.sum(
              tf.mul(
                tf.maxPool(tf.relu(x) as tf.Tensor4D, 3, 2, "same"),
                tf.tensor(randomArray(72, "dy"), [2, 4, 3, 3]),
              ),
            ),
          )(x as tf.Tensor),
        }),
      },
    });
    const inputs = [{ x: randomArray(252, "x") }];
    const expected = await runOn(await ENGINES.eager(), make, { initial: new Map(), inputs });
    const found = await runOn(await ENGINES.webgpu(), make, { initial: new Map(), inputs });
    assertSameOutcome(found, expected, { what: "webgpu", tolerance: 1e-5 });
  });
});
