// What an engine is: it holds named state (weights, moments, moving statistics) and runs programs that change it.

import type * as tf from "@tensorflow/tfjs-core";
import type { TraceableFunction } from "../compile/trace.js";

export type StepFunction = TraceableFunction;
export type Values = Readonly<Record<string, Float32Array>>;
export type State = ReadonlyMap<string, Float32Array>;

/** A step function made ready to run. */
export interface Program {
  /** Runs once on named inputs; state is changed as the function says. The results are the caller's to keep. */
  run(inputs: Values): Promise<Values>;
}

export interface Engine {
  readonly backend: Backend;
  /** What executes, in words: `ONNX Runtime 1.30.0, CPU, 1 thread, blocks of 8 channels`. */
  readonly description: string;
  /** Says which variables are state. Called once, before the first program. */
  bind(variables: ReadonlyMap<string, tf.Variable>): void;
  compile(step: StepFunction): Promise<Program>;
  /** A copy. */
  readState(): Promise<State>;
  /** Values for some or all of the state, by name. */
  writeState(state: State): void;
  dispose(): Promise<void>;
}

/** `compiled`: traced and run by ONNX Runtime. `tensorflow`: eager, on TensorFlow's kernels. `cpu`: eager, tfjs' own. */
export type Backend = "compiled" | "tensorflow" | "cpu";
