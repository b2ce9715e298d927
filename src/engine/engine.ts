// The interface of engines. An engine holds named state (weights, moments, moving statistics) and runs programs that change it.

import type * as tf from "@tensorflow/tfjs-core";
import type { Backend } from "../runtime/devices.js";
import type { Program, State, StepFunction } from "../runtime/program.js";

export interface WithState {
  /** Every variable that persists between steps, by name. */
  readonly state: ReadonlyMap<string, tf.Variable>;
}

export interface EngineFacts {
  /** For users, such as `ONNX Runtime 1.30.0, CPU, 1 thread, blocks of 8 channels`. */
  readonly description: string;
  /** Whether the same run gives the same numbers each time, bit for bit. */
  readonly isRepeatable: boolean;
}

export interface Engine {
  readonly backend: Backend;
  readonly facts: EngineFacts;
  /** Calls `make`, whose variables belong to this engine, and takes over the returned state. Must be called once. */
  build<Built extends WithState>(make: () => Built): Built;
  compile(step: StepFunction): Promise<Program>;
  /** Returns a copy of the state. */
  readState(): Promise<State>;
  /** Sets some or all of the state, by name. */
  writeState(state: State): void;
  dispose(): Promise<void>;
}
