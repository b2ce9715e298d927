import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { describe, it } from "mocha";
import { UnsupportedKernelError } from "../../src/compile/graph/graph.js";
import { probeBlockSize } from "../../src/compile/onnx/block-size.js";
import { InputError } from "../../src/diagnostic.js";
import { createCompiledEngine } from "../../src/engine/compiled-engine.js";
import { selectEngine } from "../../src/engine/select-engine.js";
import { findTensorFlow, isFound } from "../../src/runtime/find-tensorflow.js";
import type { StepFunction } from "../../src/runtime/program.js";
import { assertClose, COMPARED, ENGINES, randomArray } from "./both-engines.js";

type Shape4 = [number, number, number, number];

async function compiled(
  variables: Map<string, tf.Variable>,
  step: StepFunction,
  name: keyof typeof ENGINES = "blocked",
) {
  const engine = await ENGINES[name]();
  engine.build(() => ({ state: variables }));
  return { engine, program: await engine.compile(step) };
}

for (const name of COMPARED)
  describe(`a program of the ${name} engine`, () => {
    it("keeps state between calls, and applies updates in order", async () => {
      await ENGINES[name]();
      const [a, b] = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([2]))];
      const { engine, program } = await compiled(
        new Map([
          ["a", a],
          ["b", b],
        ]),
        {
          inputs: { x: [2] },
          layers: [],
          run: ({ x }) => {
            a.assign(tf.add(a, x as tf.Tensor) as tf.Tensor1D);
            b.assign(tf.mul(a, 2) as tf.Tensor1D);
            return { sum: tf.add(a, b) };
          },
        },
        name,
      );
      engine.writeState(new Map([["a", Float32Array.of(1, 2)]]));
      assert.deepEqual([...((await program.run({ x: Float32Array.of(1, 1) })).sum ?? [])], [6, 9]);
      assert.deepEqual([...((await program.run({ x: Float32Array.of(1, 1) })).sum ?? [])], [9, 12]);
      const state = await engine.readState();
      assert.deepEqual([...(state.get("a") ?? []), ...(state.get("b") ?? [])], [3, 4, 6, 8]);
      await engine.dispose();
    });

    it("lets two programs share state, of which one only reads it", async () => {
      await ENGINES[name]();
      const w = tf.variable(tf.zeros([2]));
      const { engine, program } = await compiled(
        new Map([["w", w]]),
        {
          inputs: {},
          layers: [],
          run: () => {
            w.assign(tf.add(w, 1) as tf.Tensor1D);
            return {};
          },
        },
        name,
      );
      const reader = await engine.compile({
        inputs: { x: [2] },
        layers: [],
        run: ({ x }) => ({ y: tf.mul(w, x as tf.Tensor) }),
      });
      await program.run({});
      await program.run({});
      const x = Float32Array.of(3, 4);
      assert.deepEqual([...((await reader.run({ x })).y ?? [])], [6, 8]);
      assert.deepEqual([...((await reader.run({ x })).y ?? [])], [6, 8]);
      await engine.dispose();
    });

    it("returns bitwise equal results every time on one thread", async () => {
      const once = async () => {
        await ENGINES[name]();
        const w = tf.variable(tf.zeros([3, 3, 8, 8]));
        const { engine, program } = await compiled(
          new Map([["w", w]]),
          {
            inputs: { x: [16, 10, 10, 8] },
            layers: [],
            run: ({ x }) => {
              const { value, grads } = tf.variableGrads(
                () =>
                  tf.mean(
                    tf.square(tf.relu(tf.conv2d(x as tf.Tensor4D, w as unknown as tf.Tensor4D, 1, "same"))),
                  ) as tf.Scalar,
                [w],
              );
              w.assign(tf.sub(w, grads[w.name] as tf.Tensor));
              return { value };
            },
          },
          name,
        );
        engine.writeState(new Map([["w", randomArray(576, "w")]]));
        for (let step = 0; step < 5; step++) await program.run({ x: randomArray(12800, "x", step) });
        const state = await engine.readState();
        await engine.dispose();
        return state.get("w") as Float32Array;
      };
      assert.deepEqual(await once(), await once());
    });

    it("computes the gradient of average pooling correctly at the border, where tfjs' own also counts padding", async () => {
      await ENGINES[name]();
      const { engine, program } = await compiled(
        new Map(),
        {
          inputs: { x: [1, 4, 4, 1] },
          layers: [],
          run: ({ x }) => ({
            dx: tf.grad((x) => tf.sum(tf.avgPool(x as tf.Tensor4D, 3, 1, "same")))(x as tf.Tensor),
          }),
        },
        name,
      );
      const { dx } = await program.run({ x: randomArray(16, "x") });
      // A corner pixel is in windows of 4, 6, 6 and 9 pixels.
      assertClose(dx?.subarray(0, 1), Float32Array.of(1 / 4 + 1 / 6 + 1 / 6 + 1 / 9), {
        what: "corner",
        tolerance: 1e-6,
      });
      await engine.dispose();
    });
  });

describe("the memory of state", () => {
  it("is that of two buffers, however many steps are run", async () => {
    const SIZE = 1 << 22;
    const w = tf.variable(tf.zeros([SIZE]));
    const { engine, program } = await compiled(new Map([["w", w]]), {
      inputs: {},
      layers: [],
      run: () => {
        w.assign(tf.add(w, 1) as tf.Tensor1D);
        return { first: tf.slice(w, [0], [1]) };
      },
    });
    await program.run({});
    const before = process.memoryUsage().arrayBuffers;
    for (let step = 0; step < 8; step++) await program.run({});
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 4 * SIZE, `${grown} bytes for 8 steps on ${4 * SIZE} bytes of state`);
    assert.equal((await engine.readState()).get("w")?.at(-1), 9);
    await engine.dispose();
  });

  it("does not grow after the first step", async () => {
    const SIZE = 1 << 23;
    const { engine, program } = await compiled(new Map(), {
      inputs: { x: [SIZE] },
      layers: [],
      run: ({ x }) => {
        const parts = [1, 2, 3, 4].map((factor) => tf.exp(tf.mul(x as tf.Tensor, factor)));
        return {
          sum: tf.sum(
            tf.mul(
              tf.add(parts[0] as tf.Tensor, parts[1] as tf.Tensor),
              tf.add(parts[2] as tf.Tensor, parts[3] as tf.Tensor),
            ),
          ),
        };
      },
    });
    const x = new Float32Array(SIZE).fill(0.1);
    await program.run({ x });
    const first = process.memoryUsage.rss();
    for (let step = 0; step < 3; step++) await program.run({ x });
    const grown = process.memoryUsage.rss() - first;
    assert.ok(grown < 4 * SIZE, `${grown} bytes`);
    await engine.dispose();
  });

  it("does not hide errors of a run", async () => {
    const { engine, program } = await compiled(new Map(), {
      inputs: { x: [2] },
      layers: [],
      run: ({ x }) => ({ y: tf.neg(x as tf.Tensor) }),
    });
    await assert.rejects(program.run({ x: Float32Array.of(1, 2, 3) }), /dims|shape|size/i);
    await engine.dispose();
  });
});

describe("compiling", () => {
  it("names the unsupported kernel and its layer", async () => {
    await createCompiledEngine({ device: "cpu", threads: 1, blocked: true });
    class Sinh extends layers.layers.Layer {
      static readonly className = "Sinh";
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.sinh((Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor);
      }
    }
    const input = layers.input({ shape: [3] });
    const model = layers.model({
      inputs: input,
      outputs: new Sinh({ name: "strange" }).apply(input) as layers.SymbolicTensor,
    });
    const engine = await createCompiledEngine({ device: "cpu", threads: 1, blocked: true });
    engine.build(() => ({ state: new Map() }));
    const step: StepFunction = {
      inputs: { x: [1, 3] },
      layers: model.layers,
      run: ({ x }) => ({ y: model.apply(x as tf.Tensor) as tf.Tensor }),
    };
    await assert.rejects(
      engine.compile(step),
      (error) =>
        error instanceof UnsupportedKernelError && error.kernel === "Sinh" && error.layer === "strange",
    );
  });
});

describe("max pooling with ceil, for which tfjs' own gradient ignores the last windows", () => {
  for (const [name, shape, pad] of [
    ["padded by 1", [4, 7, 6, 8], 1],
    ["not padded", [4, 8, 7, 8], 0],
  ] as [string, Shape4, number][]) {
    it(`${name}: has the same gradient as without rounding on an image padded by hand`, async () => {
      await createCompiledEngine({ device: "cpu", threads: 1, blocked: true });
      const [batch, height, width, channels] = shape;
      const out = (size: number) => Math.ceil((size + 2 * pad - 3) / 2) + 1;
      const padAfter = (size: number) => (out(size) - 1) * 2 + 3 - size - pad;
      const weights = () => tf.tensor(randomArray(batch * out(height) * out(width) * channels, "weights"));
      const objective = (pool: (x: tf.Tensor4D) => tf.Tensor) => (x: tf.Tensor) =>
        tf.sum(tf.mul(tf.reshape(pool(x as tf.Tensor4D), [-1]), weights()));
      const byHand = (x: tf.Tensor4D) =>
        tf.maxPool(
          tf.pad(
            x,
            [
              [0, 0],
              [pad, padAfter(height)],
              [pad, padAfter(width)],
              [0, 0],
            ],
            -1e9,
          ) as tf.Tensor4D,
          3,
          2,
          "valid",
        );
      const { engine, program } = await compiled(new Map(), {
        inputs: { x: shape },
        layers: [],
        run: ({ x }) => ({
          found: tf.grad(objective((x) => tf.maxPool(x, 3, 2, pad, "ceil")))(x as tf.Tensor),
          expected: tf.grad(objective(byHand))(x as tf.Tensor),
        }),
      });
      const { found, expected } = await program.run({
        x: randomArray(batch * height * width * channels, "x"),
      });
      assertClose(found, expected, { what: "dx", tolerance: 1e-6 });
      await engine.dispose();
    });
  }
});

describe("choosing an engine", () => {
  it("probes a block size that agrees with the plain kernels", async () => {
    assert.ok([null, 8, 16].includes(await probeBlockSize()));
  });

  it("says how to install TensorFlow if it is requested and missing", async function () {
    const before = process.env.SQUEEZEBOX_TENSORFLOW;
    process.env.SQUEEZEBOX_TENSORFLOW = "/no/such/folder";
    try {
      if (isFound(findTensorFlow())) this.skip();
      for (const backend of ["tensorflow", "tensorflow-eager"] as const)
        await assert.rejects(
          selectEngine({ backend, device: "cpu", threads: 1 }),
          (error) => error instanceof InputError && error.message.includes("squeezebox setup tensorflow"),
        );
    } finally {
      if (before === undefined) delete process.env.SQUEEZEBOX_TENSORFLOW;
      else process.env.SQUEEZEBOX_TENSORFLOW = before;
    }
  });
});
