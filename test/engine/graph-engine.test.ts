import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "mocha";
import { createGraphEngine } from "../../src/engine/graph-engine.js";
import { findTensorFlow, isFound } from "../../src/runtime/find-tensorflow.js";
import { runOn } from "./both-engines.js";

describe("the graph engine", () => {
  it("feeds integers, which tfjs-node leaves on the host, and keeps every bit of what they stand for", async function () {
    const found = findTensorFlow({ threads: 1 });
    if (!isFound(found)) return this.skip();
    const fed = new Set<number>();
    const { binding } = found;
    const createTensor: typeof binding.createTensor = (shape, type, values) => {
      fed.add(type);
      return binding.createTensor(shape, type, values);
    };
    const watched: typeof binding = Object.create(binding, { createTensor: { value: createTensor } });
    const numbers = Float32Array.of(0, -0, 1e-45, -3.4e38, 0.1, Number.POSITIVE_INFINITY);
    const engine = createGraphEngine(watched, { description: "", isRepeatable: true });
    const make = () => {
      const w = tf.variable(tf.zeros([6]));
      const step = {
        inputs: { x: [6] },
        layers: [],
        run: ({ x }: Readonly<Record<string, tf.Tensor>>) => ({ x: tf.reshape(x as tf.Tensor, [2, 3]) }),
      };
      return { step, variables: new Map([["w", w]]) };
    };
    // A part of a longer array.
    const x = Float32Array.of(7, ...numbers).subarray(1);
    const { results, state } = await runOn(engine, make, {
      initial: new Map([["w", numbers]]),
      inputs: [{ x }],
    });
    const bits = (values: Float32Array | undefined) => [...new Int32Array(values?.slice().buffer ?? [])];
    assert.deepEqual(bits(results[0]?.x), bits(numbers));
    assert.deepEqual(bits(state.get("w")), bits(numbers));
    assert.deepEqual([...fed], [binding.TF_INT32]);
  });
});
