// Runs one step function on several engines with the same numbers and compares the results.

import assert from "node:assert/strict";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers"; // registers the gradients
import * as tf from "@tensorflow/tfjs-core";
import { createCompiledEngine } from "../../src/engine/compiled-engine.js";
import { createEagerEngine } from "../../src/engine/eager-engine.js";
import type { Engine } from "../../src/engine/engine.js";
import { createGraphEngine } from "../../src/engine/graph-engine.js";
import { randomStream } from "../../src/random.js";
import { findTensorFlow, isFound } from "../../src/runtime/find-tensorflow.js";
import type { State, StepFunction, Values } from "../../src/runtime/program.js";

tf.enableProdMode();
// On a GPU, the numbers are only comparable in float32 throughout.
process.env.NVIDIA_TF32_OVERRIDE ??= "0";

export interface Subject {
  readonly step: StepFunction;
  readonly variables: ReadonlyMap<string, tf.Variable>;
}

export interface Outcome {
  readonly results: readonly Values[];
  readonly state: State;
}

interface Inputs {
  readonly initial: State;
  /** Of each step. */
  readonly inputs: readonly Values[];
  readonly inOneCall?: boolean;
}

/** `make` builds a new subject for each engine, because variables belong to one backend. */
export async function runOn(
  engine: Engine,
  make: () => Subject,
  { initial, inputs, inOneCall = false }: Inputs,
): Promise<Outcome> {
  const { step } = engine.build(() => {
    const { step, variables } = make();
    return { step, state: variables };
  });
  engine.writeState(initial);
  const program = await engine.compile(step);
  const results: Values[] = [];
  if (inOneCall) results.push(...(await program.runEach(inputs)));
  else for (const values of inputs) results.push(await program.run(values));
  const state = await engine.readState();
  await engine.dispose();
  return { results, state };
}

export const ENGINES = {
  eager: async () => createEagerEngine("cpu", { description: "oracle", isRepeatable: true }),
  plain: () => createCompiledEngine({ device: "cpu", threads: 1, blocked: false }),
  webgpu: () => createCompiledEngine({ device: "webgpu", threads: 1, blocked: false }),
  cuda: () => createCompiledEngine({ device: "cuda", threads: 1, blocked: false }),
  blocked: () => createCompiledEngine({ device: "cpu", threads: 1, blocked: true }),
  "as for CUDA": () => createCompiledEngine({ device: "cpu", like: "cuda", threads: 1, blocked: false }),
  graph: async () => {
    assert.ok(isFound(tensorflow), "TensorFlow is not set up");
    return createGraphEngine(tensorflow.binding, { description: "TensorFlow", isRepeatable: true });
  },
};

const tensorflow = findTensorFlow({ threads: 1 });
if (!isFound(tensorflow)) console.log(`tests of --backend tensorflow are skipped: ${tensorflow.reason}`);

/**
 * The engines that are compared with the eager one: those that work on every machine, and TensorFlow's where it is set up; or those
 * that `ENGINES` names, separated by commas.
 */
export const COMPARED: readonly (keyof typeof ENGINES)[] = process.env.ENGINES?.split(",").filter(
  isEngine,
) ?? ["plain", "blocked", ...(isFound(tensorflow) ? (["graph"] as const) : [])];

function isEngine(name: string): name is keyof typeof ENGINES {
  return Object.hasOwn(ENGINES, name);
}

/** Checks equality within `tolerance`, relative to the largest number of the expected array. */
export function assertClose(
  found: Float32Array | undefined,
  expected: Float32Array | undefined,
  { what, tolerance }: { what: string; tolerance: number },
): void {
  assert.ok(found && expected, `${what}: missing`);
  assert.equal(found.length, expected.length, `${what}: length`);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  expected.forEach((value, index) => {
    const difference = Math.abs(value - (found[index] as number));
    assert.ok(difference <= tolerance * scale, `${what}[${index}]: ${found[index]} instead of ${value}`);
  });
}

export function assertSameOutcome(
  found: Outcome,
  expected: Outcome,
  { what, tolerance }: { what: string; tolerance: number },
): void {
  expected.results.forEach((values, call) => {
    for (const [name, value] of Object.entries(values))
      assertClose(found.results[call]?.[name], value, {
        what: `${what}, ${name} of call ${call + 1}`,
        tolerance,
      });
  });
  for (const [name, value] of expected.state)
    assertClose(found.state.get(name), value, { what: `${what}, ${name}`, tolerance });
}

export function randomArray(length: number, ...labels: (string | number)[]): Float32Array {
  const random = randomStream("test", ...labels);
  return Float32Array.from({ length }, () => random.normal());
}
