// Step functions, and the programs that an engine compiles them to.

import type * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";

/** The type of the numbers that convolutions and matrix products read and return. */
export type Products = "float32" | "bfloat16";

/** A tfjs function of named inputs that may assign to variables. It is run directly, or traced and compiled. */
export interface StepFunction {
  /** A name for dumps, such as `training of 128`. */
  readonly name?: string;
  /** By default float32. */
  readonly products?: Products;
  /** Shapes of the inputs, all float32. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** May assign to variables. Must not read values of tensors. */
  readonly run: (inputs: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>>;
  /** The layers that the function calls, so that errors can name them. */
  readonly layers: readonly layers.Layer[];
}

export type Values = Readonly<Record<string, Float32Array>>;
export type State = ReadonlyMap<string, Float32Array>;

/** A step function that is ready to run. */
export interface Program {
  /** Runs the function once and updates the state. The results belong to the caller. */
  run(inputs: Values): Promise<Values>;
  /** Runs the function with each of these inputs in turn, with the same results as by as many calls of `run`. */
  runEach(inputs: readonly Values[]): Promise<readonly Values[]>;
  /** Whether `runEach` is one call of a native library, which may take less time. */
  readonly joinsSteps: boolean;
}

/** A program that is called for each step. */
export function stepwise(run: Program["run"]): Program {
  const runEach = async (inputs: readonly Values[]) => {
    const results: Values[] = [];
    for (const values of inputs) results.push(await run(values));
    return results;
  };
  return { run, runEach, joinsSteps: false };
}

/** The values of an input or the state. Throws if there are none. */
export function valuesOf(values: Values, name: string): Float32Array {
  const own = values[name];
  if (!own) throw new Error(`the input ${name} is missing`);
  return own;
}

/** The values of an input for several steps, one after the other. */
export function stackOf(steps: readonly Values[], name: string): Float32Array {
  const [first, ...others] = steps.map((values) => valuesOf(values, name)) as [
    Float32Array,
    ...Float32Array[],
  ];
  if (others.length === 0) return first;
  const stack = new Float32Array(first.length * steps.length);
  for (const [index, own] of [first, ...others].entries()) stack.set(own, index * first.length);
  return stack;
}

/** The results of each step, from stacks of those of all steps, by name. */
export function unstacked(stacks: Values, steps: number): Values[] {
  const parts = Object.entries(stacks).map(([name, stack]) => ({ name, stack, size: stack.length / steps }));
  return Array.from({ length: steps }, (_, step) =>
    Object.fromEntries(
      parts.map(({ name, stack, size }) => [name, stack.subarray(step * size, (step + 1) * size)]),
    ),
  );
}
