import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { before, describe, it } from "mocha";
import { batchNormTrain } from "../../src/model/batch-norm-kernels.js";
import { buildModel } from "../../src/model/build-model.js";
import { GlobalDeviation } from "../../src/model/image-layers.js";
import { initialState } from "../../src/model/initial-values.js";
import { attend } from "../../src/network/attention/attention.js";
import type { Graph, Shape } from "../../src/network/graph.js";
import { assertClose, ENGINES, randomArray } from "../engine/both-engines.js";
import { graphWith } from "./single-layer.js";

type Parts = Record<string, tf.Tensor>;

const tensor = (name: string, shape: number[]) =>
  tf.tensor(
    randomArray(
      shape.reduce((a, b) => a * b, 1),
      name,
    ),
    shape,
  );

/** Squeeze, reduce, ReLU, expand, sigmoid and scale, as in the network graph. */
function squeezeExcitation({ x, reduce, reduceBias, expand, expandBias }: Parts): tf.Tensor {
  const squeezed = tf.mean(x as tf.Tensor, [1, 2]);
  const hidden = tf.relu(tf.add(tf.matMul(squeezed, reduce as tf.Tensor), reduceBias as tf.Tensor));
  const gate = tf.sigmoid(tf.add(tf.matMul(hidden, expand as tf.Tensor), expandBias as tf.Tensor));
  return tf.mul(x as tf.Tensor, tf.reshape(gate, [gate.shape[0] as number, 1, 1, gate.shape[1] as number]));
}

/** The same in float64, so that differences are exact enough to be divided by a small step. */
function squeezeExcitation64(
  values: Record<string, Float64Array>,
  [batch, pixels, channels, hidden]: [number, number, number, number],
): Float64Array {
  const at = (name: string, index: number) => values[name]?.[index] as number;
  const y = new Float64Array(batch * pixels * channels);
  for (let n = 0; n < batch; n++) {
    const squeezed = Array.from({ length: channels }, (_, c) => {
      let sum = 0;
      for (let p = 0; p < pixels; p++) sum += at("x", (n * pixels + p) * channels + c);
      return sum / pixels;
    });
    const units = Array.from({ length: hidden }, (_, h) =>
      Math.max(
        0,
        at("reduceBias", h) + squeezed.reduce((sum, z, c) => sum + z * at("reduce", c * hidden + h), 0),
      ),
    );
    for (let c = 0; c < channels; c++) {
      const score =
        at("expandBias", c) + units.reduce((sum, unit, h) => sum + unit * at("expand", h * channels + c), 0);
      for (let p = 0; p < pixels; p++)
        y[(n * pixels + p) * channels + c] =
          at("x", (n * pixels + p) * channels + c) / (1 + Math.exp(-score));
    }
  }
  return y;
}

function batchNorm64(
  { x, gamma, beta }: Record<string, Float64Array>,
  channels: number,
  epsilon: number,
): Float64Array {
  const y = new Float64Array(x?.length ?? 0);
  const rows = y.length / channels;
  for (let c = 0; c < channels; c++) {
    const column = Array.from({ length: rows }, (_, row) => x?.[row * channels + c] as number);
    const mean = column.reduce((a, b) => a + b, 0) / rows;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows;
    column.forEach((value, row) => {
      y[row * channels + c] =
        ((value - mean) / Math.sqrt(variance + epsilon)) * (gamma?.[c] as number) + (beta?.[c] as number);
    });
  }
  return y;
}

/** With the unbiased variance, and 1e-5 added to both variances. `weight`: [2, channels], for means and for deviations. */
function styleRecalibration64(
  { x, weight, gamma, beta }: Record<string, Float64Array>,
  [batch, pixels, channels]: [number, number, number],
): Float64Array {
  const valuesOf = (n: number, c: number) =>
    Array.from({ length: pixels }, (_, p) => x?.[(n * pixels + p) * channels + c] as number);
  const scores = Float64Array.from({ length: batch * channels }, (_, index) => {
    const c = index % channels;
    const values = valuesOf(Math.floor(index / channels), c);
    const mean = values.reduce((a, b) => a + b, 0) / pixels;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (pixels - 1);
    return (weight?.[c] as number) * mean + (weight?.[channels + c] as number) * Math.sqrt(variance + 1e-5);
  });
  const normalised = batchNorm64({ x: scores, gamma, beta } as Record<string, Float64Array>, channels, 1e-5);
  return Float64Array.from(x as Float64Array, (value, index) => {
    const n = Math.floor(index / (pixels * channels));
    return value / (1 + Math.exp(-(normalised[n * channels + (index % channels)] as number)));
  });
}

/** A network that consists of a style-based recalibration. */
function styleRecalibrationGraph(shape: Shape): Graph {
  const insertion = { input: "input", name: "srm", path: [], block: "input", activation: "relu" } as const;
  return graphWith(shape, (builder) => {
    attend(builder, insertion, { type: "srm", placement: "standard" });
  });
}

/** Gradients of sum(y * weights) by central differences. */
function finiteDifferences(
  values: Record<string, Float64Array>,
  weights: Float32Array,
  compute: (values: Record<string, Float64Array>) => Float64Array,
): Record<string, Float32Array> {
  const objective = () =>
    compute(values).reduce((sum, value, index) => sum + value * (weights[index] as number), 0);
  const STEP = 1e-5;
  return Object.fromEntries(
    Object.entries(values).map(([name, array]) => [
      name,
      Float32Array.from(array, (value, index) => {
        array[index] = value + STEP;
        const above = objective();
        array[index] = value - STEP;
        const below = objective();
        array[index] = value;
        return (above - below) / (2 * STEP);
      }),
    ]),
  );
}

async function check(
  parts: Parts,
  compute: (parts: Parts) => tf.Tensor,
  compute64: (values: Record<string, Float64Array>) => Float64Array,
): Promise<void> {
  const names = Object.keys(parts);
  const values = Object.fromEntries(
    names.map((name) => [name, Float64Array.from((parts[name] as tf.Tensor).dataSync())]),
  );
  const y = compute(parts);
  assertClose(y.dataSync() as Float32Array, Float32Array.from(compute64(values)), {
    what: "y",
    tolerance: 1e-5,
  });
  const weights = randomArray(y.size, "objective");
  const gradients = tf.grads((...tensors: tf.Tensor[]) =>
    tf.sum(
      tf.mul(
        compute(Object.fromEntries(names.map((name, index) => [name, tensors[index] as tf.Tensor]))),
        tf.tensor(weights, y.shape),
      ),
    ),
  )(names.map((name) => parts[name] as tf.Tensor));
  const expected = finiteDifferences(values, weights, compute64);
  for (const [index, name] of names.entries())
    assertClose(gradients[index]?.dataSync() as Float32Array, expected[name], {
      what: `d${name}`,
      tolerance: 1e-4,
    });
}

describe("gradients against finite differences in float64", () => {
  before(async () => {
    await eagerBackend();
  });

  it("squeeze and excitation", () =>
    check(
      {
        x: tensor("x", [3, 2, 3, 6]),
        reduce: tensor("reduce", [6, 2]),
        reduceBias: tensor("b1", [2]),
        expand: tensor("expand", [2, 6]),
        expandBias: tensor("b2", [6]),
      },
      squeezeExcitation,
      (values) => squeezeExcitation64(values, [3, 6, 6, 2]),
    ));

  it("batch norm in training", () =>
    check(
      { x: tensor("x", [3, 2, 3, 4]), gamma: tensor("gamma", [4]), beta: tensor("beta", [4]) },
      ({ x, gamma, beta }) => batchNormTrain(x as tf.Tensor, gamma as tf.Tensor, beta as tf.Tensor, 1e-3)[0],
      (values) => batchNorm64(values, 4, 1e-3),
    ));

  it("style-based recalibration in training", () => {
    const { layersModel, weights } = buildModel(
      styleRecalibrationGraph({ height: 2, width: 3, channels: 4 }),
    );
    const variable = (name: string, shape: number[]) => {
      const found = weights.get(`srm.integrate${name}`) as tf.Variable;
      found.assign(tensor(name, shape));
      return found;
    };
    return check(
      {
        // The variance of the first channel is close to the constant that is added to it.
        x: tf.mul(tensor("x", [3, 2, 3, 4]), [0.01, 1, 1, 1]),
        weight: variable("/weight", [1, 2, 4]),
        gamma: variable(".bn/gamma", [4]),
        beta: variable(".bn/beta", [4]),
      },
      ({ x }) => layersModel.apply(x as tf.Tensor, { training: true }) as tf.Tensor,
      (values) => styleRecalibration64(values, [3, 6, 4]),
    );
  });
});

describe("style-based recalibration", () => {
  before(eagerBackend);

  it("starts with factors of 1/2", () => {
    const graph = styleRecalibrationGraph({ height: 2, width: 3, channels: 4 });
    const { layersModel, weights } = buildModel(graph);
    for (const [name, values] of initialState(graph, 1)) {
      const variable = weights.get(name) as tf.Variable;
      variable.assign(tf.tensor(values, variable.shape));
    }
    const x = tensor("x", [3, 2, 3, 4]);
    for (const training of [true, false]) {
      const y = layersModel.apply(x, { training }) as tf.Tensor;
      assert.deepEqual(y.dataSync(), tf.div(x, 2).dataSync());
    }
  });

  it("has the same deviation for a single pixel as for a constant image", () => {
    const deviation = (x: tf.Tensor) => new GlobalDeviation({ name: "deviation" }).call(x);
    for (const x of [tensor("x", [2, 1, 1, 3]), tf.fill([2, 3, 2, 3], 7)]) {
      assertClose(deviation(x).dataSync() as Float32Array, new Float32Array(6).fill(Math.sqrt(1e-5)), {
        what: "deviation",
        tolerance: 1e-6,
      });
      assert.ok(
        tf
          .grad(deviation)(x)
          .dataSync()
          .every((value) => value === 0),
      );
    }
  });
});

describe("batch norm's own kernels against tfjs' composed gradient", () => {
  it("y, dx, dgamma, dbeta", async () => {
    await eagerBackend();
    const [x, gamma, beta] = [tensor("x", [4, 3, 3, 5]), tensor("gamma", [5]), tensor("beta", [5])];
    const weights = tensor("weights", [4, 3, 3, 5]);
    const composed = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        beta as tf.Tensor1D,
        gamma as tf.Tensor1D,
        1e-3,
      );
    };
    const own = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => batchNormTrain(x, gamma, beta, 1e-3)[0];
    const gradientsOf = (compute: typeof composed) =>
      tf.grads((x, gamma, beta) =>
        tf.sum(tf.mul(compute(x as tf.Tensor, gamma as tf.Tensor, beta as tf.Tensor), weights)),
      )([x, gamma, beta]);
    assertClose(
      own(x, gamma, beta).dataSync() as Float32Array,
      composed(x, gamma, beta).dataSync() as Float32Array,
      { what: "y", tolerance: 1e-5 },
    );
    const expected = gradientsOf(composed);
    assert.equal(expected.length, 3);
    for (const [index, gradient] of gradientsOf(own).entries()) {
      const [found, wanted] = [gradient.dataSync(), expected[index]?.dataSync()];
      assertClose(found as Float32Array, wanted as Float32Array, {
        what: `gradient ${index}`,
        tolerance: 1e-4,
      });
    }
  });
});

/** Creates all tensors from now on with the CPU backend of tfjs. */
async function eagerBackend(): Promise<void> {
  (await ENGINES.eager()).build(() => ({ state: new Map() }));
}

describe("the gradient of repetition", () => {
  before(eagerBackend);
  const check = (name: string, shape: number[], repeat: (x: tf.Tensor) => tf.Tensor, reps: number[]) =>
    it(name, () => {
      const x = tensor("repeated", shape);
      const weights = tensor(
        "weights of repetitions",
        shape.map((size, axis) => size * (reps[axis] as number)),
      );
      const gradient = (made: (x: tf.Tensor) => tf.Tensor) =>
        tf.grad((x) => tf.sum(tf.mul(made(x), weights)))(x);
      const [found, expected] = [gradient((x) => tf.tile(x, reps)), gradient(repeat)];
      assert.deepEqual(found.shape, shape);
      assertClose(found.dataSync() as Float32Array, expected.dataSync() as Float32Array, {
        what: name,
        tolerance: 1e-6,
      });
    });
  const ones = (...shape: number[]) => tf.ones(shape);
  check("is that of a broadcast", [2, 3, 1, 1], (x) => tf.mul(x, ones(1, 1, 4, 5)), [1, 1, 4, 5]);
  check("is that of a concatenation", [2, 3, 2], (x) => tf.concat([x, x, x], 1), [1, 3, 1]);
  check("is dy if nothing is repeated", [2, 3], (x) => tf.mul(x, ones(2, 3)), [1, 1]);
  check(
    "is that of both",
    [2, 3, 1],
    (x) => tf.concat([tf.mul(x, ones(1, 1, 2)), tf.mul(x, ones(1, 1, 2))], 0),
    [2, 1, 2],
  );
});
