// What is run: a step function, and what an engine makes of it.

import type * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";

/** A tfjs function over named inputs that may assign to variables; run as it is, or traced and compiled. */
export interface StepFunction {
  /** What it does, for dumps: `training of 128`. */
  readonly name?: string;
  /** Shapes of the inputs, all float32. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** May assign to the variables; must not read numbers. */
  readonly run: (inputs: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>>;
  /** Layers the function calls, so that errors can name them. */
  readonly layers: readonly layers.Layer[];
}

export type Values = Readonly<Record<string, Float32Array>>;
export type State = ReadonlyMap<string, Float32Array>;

/** A step function made ready to run. */
export interface Program {
  /** Runs once on named inputs; state changes as the function says. The results are the caller's to keep. */
  run(inputs: Values): Promise<Values>;
}
