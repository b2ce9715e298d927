// Products of mixed precision are those of numbers rounded to bfloat16, rounded once more, on every target.

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { createGraphEngine } from "../../src/engine/graph-engine.js";
import { findTensorFlow, isFound } from "../../src/runtime/find-tensorflow.js";
import type { Products, StepFunction, Values } from "../../src/runtime/program.js";
import { assertClose, COMPARED, ENGINES, randomArray, runOn } from "../engine/both-engines.js";

/** Of a result of bfloat16: sums in another order may round to the number beside it. */
const ONE_STEP = 2 ** -8;

/** To the nearest, ties to even, by the upper half of the bits. */
function toBfloat16(values: Float32Array): Float32Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  const rounded = bits.map((word) => ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) << 16);
  return new Float32Array(rounded.buffer);
}

interface Product {
  readonly inputs: StepFunction["inputs"];
  readonly of: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
}

const CONV_SHAPES = { a: [2, 9, 8, 16], b: [3, 3, 16, 32] };
const PRODUCTS: Readonly<Record<string, Product>> = {
  convolution: {
    inputs: CONV_SHAPES,
    of: (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same"),
  },
  "gradient of its input": {
    inputs: { a: [2, 9, 8, 32], b: [3, 3, 16, 32] },
    of: (dy, b) =>
      tf.grad((x) => tf.sum(tf.mul(tf.conv2d(x as tf.Tensor4D, b as tf.Tensor4D, 1, "same"), dy)))(
        tf.zeros([2, 9, 8, 16]),
      ),
  },
  "depthwise convolution": {
    inputs: { a: [2, 9, 8, 16], b: [3, 3, 16, 1] },
    of: (a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same"),
  },
  "matrix product": { inputs: { a: [40, 24], b: [24, 12] }, of: (a, b) => tf.matMul(a, b) },
};

const ENGINES_HERE = { ...ENGINES, "graph, as on a GPU": asOnGpu };

/** TensorFlow's own products of bfloat16, which are used on GPUs. */
async function asOnGpu() {
  const found = findTensorFlow();
  assert.ok(isFound(found));
  const binding = Object.create(found.binding, { isUsingGpuDevice: { value: () => true } });
  return createGraphEngine(binding, { description: "TensorFlow", isRepeatable: true });
}

const names: (keyof typeof ENGINES_HERE)[] = [
  ...COMPARED,
  ...(COMPARED.includes("graph") ? (["graph, as on a GPU"] as const) : []),
];

async function computed(
  name: keyof typeof ENGINES_HERE,
  { inputs, of }: Product,
  { products, values }: { products: Products; values: Values },
): Promise<Float32Array> {
  const step: StepFunction = {
    inputs,
    products,
    layers: [],
    run: ({ a, b }) => ({ y: of(a as tf.Tensor, b as tf.Tensor) }),
  };
  const make = () => ({ step, variables: new Map() });
  const { results } = await runOn(await ENGINES_HERE[name](), make, { initial: new Map(), inputs: [values] });
  return results[0]?.y as Float32Array;
}

describe("mixed precision", () => {
  for (const [what, product] of Object.entries(PRODUCTS))
    for (const name of names)
      it(`${what}, ${name}`, async () => {
        const values = Object.fromEntries(
          Object.entries(product.inputs).map(([input, shape]) => [
            input,
            randomArray(
              shape.reduce((size, length) => size * length, 1),
              input,
            ),
          ]),
        );
        const rounded = Object.fromEntries(
          Object.entries(values).map(([input, numbers]) => [input, toBfloat16(numbers)]),
        );
        const exact = await computed("eager", product, { products: "float32", values: rounded });
        const found = await computed(name, product, { products: "bfloat16", values });
        assert.deepEqual(found, toBfloat16(found), "the result is not of bfloat16");
        const expected = toBfloat16(exact);
        // TensorFlow's kernels for CPUs also add up in bfloat16, which those for GPUs do not.
        if (name === "graph, as on a GPU") return assertClose(found, expected, { what, tolerance: 0.05 });
        found.forEach((value, index) => {
          const own = expected[index] as number;
          // A sum that nearly cancels has an error of its terms.
          const tolerance = ONE_STEP * Math.abs(own) + 1e-4;
          assert.ok(Math.abs(value - own) <= tolerance, `${value} instead of ${own}`);
        });
        const same = found.filter((value, index) => value === expected[index]).length;
        assert.ok(same > 0.98 * found.length, `only ${same} of ${found.length} are the same`);
      });

  it("leaves everything else in float32", async () => {
    const values = { a: randomArray(40 * 24, "a"), b: randomArray(40 * 24, "b") };
    const product = { inputs: { a: [40, 24], b: [40, 24] }, of: tf.mul };
    for (const name of names) {
      const found = await computed(name, product, { products: "bfloat16", values });
      const expected = await computed("eager", product, { products: "float32", values });
      assertClose(found, expected, { what: name, tolerance: 1e-6 });
    }
  });
});
