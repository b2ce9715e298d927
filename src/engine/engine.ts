// What an engine is: it holds named state (weights, moments, moving statistics) and runs programs that change it.

import type * as tf from "@tensorflow/tfjs-core";
import type { Backend } from "../runtime/devices.js";
import type { Program, State, StepFunction } from "../runtime/program.js";

export interface WithState {
  /** Every variable that lives from step to step, by name. */
  readonly state: ReadonlyMap<string, tf.Variable>;
}

export interface Engine {
  readonly backend: Backend;
  /** What executes, in words: `ONNX Runtime 1.30.0, CPU, 1 thread, blocks of 8 channels`. */
  readonly description: string;
  /** Makes variables where they belong to this engine, and takes over those that `make` returns. Called once. */
  build<Built extends WithState>(make: () => Built): Built;
  compile(step: StepFunction): Promise<Program>;
  /** A copy. */
  readState(): Promise<State>;
  /** Values for some or all of the state, by name. */
  writeState(state: State): void;
  dispose(): Promise<void>;
}
