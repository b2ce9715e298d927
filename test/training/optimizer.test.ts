import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import type { OptimizerSpec } from "../../src/config/experiment.js";
import type { WeightRole } from "../../src/network/weights.js";
import { createOptimizer } from "../../src/training/optimizer.js";

const START = [1, -2, 0.5, 3];
const GRADIENTS = [
  [0.5, -1, 0, 2],
  [-0.25, 3, 1e-3, 2],
  [4, 0.125, -1, 2],
];
const RATES = [0.1, 0.05, 0.2];

/** What is to be computed, for one weight after another, in float64. */
type Oracle = (gradients: readonly number[], start: number) => number;

async function train(spec: OptimizerSpec, role: WeightRole): Promise<number[]> {
  const optimizer = createOptimizer(spec);
  const weight = tf.variable(tf.tensor1d(START));
  const slots = Object.fromEntries(
    optimizer.slots.map((name) => [name, tf.variable(tf.zeros([START.length]))]),
  );
  GRADIENTS.forEach((gradient, index) => {
    const scalars = Object.entries(optimizer.scalarValues(index + 1));
    assert.deepEqual(
      scalars.map(([name]) => name),
      optimizer.scalars,
    );
    tf.tidy(() =>
      optimizer.update({
        weight,
        gradient: tf.tensor1d(gradient),
        slots,
        learningRate: tf.scalar(RATES[index] as number),
        scalars: Object.fromEntries(scalars.map(([name, value]) => [name, tf.scalar(value)])),
        role,
      }),
    );
  });
  return [...(await weight.data())];
}

const SGD = {
  name: "sgd",
  learningRate: 1,
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  decayNormAndBias: true,
} as const;
const ADAM = {
  learningRate: 1,
  beta1: 0.8,
  beta2: 0.95,
  epsilon: 1e-3,
  weightDecay: 0,
  decayNormAndBias: true,
} as const;

const sgd = ({ momentum = 0, weightDecay = 0 }): Oracle => {
  return (gradients, start) => {
    let [w, velocity] = [start, 0];
    gradients.forEach((gradient, step) => {
      velocity = momentum * velocity + gradient + weightDecay * w;
      w -= (RATES[step] as number) * velocity;
    });
    return w;
  };
};

/** Sutskever's form, in other variables: the weight looked ahead from, then corrected. */
const nesterov = ({ momentum = 0, weightDecay = 0 }): Oracle => {
  return (gradients, start) => {
    let [w, velocity] = [start, 0];
    gradients.forEach((gradient, step) => {
      const g = gradient + weightDecay * w;
      velocity = momentum * velocity + g;
      w = w - (RATES[step] as number) * g - (RATES[step] as number) * momentum * velocity;
    });
    return w;
  };
};

/** The moments written out as sums over all steps so far. */
const adam = ({ weightDecay = 0, decoupled = false }): Oracle => {
  const { beta1, beta2, epsilon } = ADAM;
  return (gradients, start) => {
    let w = start;
    const seen: number[] = [];
    gradients.forEach((gradient, step) => {
      const rate = RATES[step] as number;
      seen.push(gradient + (decoupled ? 0 : weightDecay * w));
      const average = (beta: number, power: number) =>
        seen.reduce((sum, g, age) => sum + (1 - beta) * beta ** (step - age) * g ** power, 0) /
        (1 - beta ** (step + 1));
      if (decoupled) w *= 1 - rate * weightDecay;
      w -= (rate * average(beta1, 1)) / (Math.sqrt(average(beta2, 2)) + epsilon);
    });
    return w;
  };
};

describe("createOptimizer", () => {
  before(async () => {
    tf.enableProdMode();
    await import("@tensorflow/tfjs-backend-cpu");
    await tf.setBackend("cpu");
  });

  const check = async (spec: OptimizerSpec, oracle: Oracle, role: WeightRole = "kernel") => {
    const found = await train(spec, role);
    START.forEach((start, index) => {
      const expected = oracle(
        GRADIENTS.map((gradient) => gradient[index] as number),
        start,
      );
      assert.ok(
        Math.abs((found[index] as number) - expected) < 2e-6 * Math.max(1, Math.abs(expected)),
        `${JSON.stringify(spec)} weight ${index}: ${found[index]}, expected ${expected}`,
      );
    });
  };

  it("sgd", async () => {
    await check(SGD, sgd({}));
    await check({ ...SGD, momentum: 0.9 }, sgd({ momentum: 0.9 }));
    await check({ ...SGD, weightDecay: 0.1 }, sgd({ weightDecay: 0.1 }));
    await check({ ...SGD, momentum: 0.9, weightDecay: 0.1 }, sgd({ momentum: 0.9, weightDecay: 0.1 }));
    await check({ ...SGD, nesterov: true }, sgd({}));
    await check({ ...SGD, momentum: 0.7, nesterov: true }, nesterov({ momentum: 0.7 }));
    await check(
      { ...SGD, momentum: 0.7, nesterov: true, weightDecay: 0.2 },
      nesterov({ momentum: 0.7, weightDecay: 0.2 }),
    );
  });

  it("adam and adamw", async () => {
    await check({ ...ADAM, name: "adam" }, adam({}));
    await check({ ...ADAM, name: "adam", weightDecay: 0.1 }, adam({ weightDecay: 0.1 }));
    await check({ ...ADAM, name: "adamw" }, adam({}));
    await check({ ...ADAM, name: "adamw", weightDecay: 0.1 }, adam({ weightDecay: 0.1, decoupled: true }));
  });

  it("decays kernels alone if BatchNorm's parameters and biases are exempt", async () => {
    const decayed = { ...SGD, momentum: 0.9, weightDecay: 0.1 };
    const exempt = { ...decayed, decayNormAndBias: false };
    for (const role of ["kernel", "scale", "bias"] as const) {
      await check(decayed, sgd({ momentum: 0.9, weightDecay: 0.1 }), role);
      await check(exempt, sgd({ momentum: 0.9, weightDecay: role === "kernel" ? 0.1 : 0 }), role);
    }
    const moments = { ...ADAM, weightDecay: 0.1, decayNormAndBias: false };
    await check({ ...moments, name: "adam" }, adam({}), "scale");
    await check({ ...moments, name: "adamw" }, adam({}), "bias");
    await check({ ...moments, name: "adamw" }, adam({ weightDecay: 0.1, decoupled: true }), "kernel");
  });
});
