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
}
