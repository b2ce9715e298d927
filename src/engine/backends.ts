// Names of the engines; apart from them, so that reading a configuration does not load TensorFlow.js.

import type { Device } from "../compile/session.js";

export const BACKENDS = ["auto", "compiled", "tensorflow", "cpu"] as const;
export type BackendChoice = (typeof BACKENDS)[number];

/** Where the compiled engine computes. */
export const DEVICES: readonly Device[] = ["cpu", "webgpu", "cuda"];
export type { Device };

export interface EngineOptions {
  readonly backend: BackendChoice;
  /** Of the compiled engine. */
  readonly device: Device;
  readonly threads: number;
}
