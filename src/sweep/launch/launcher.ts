// What a launcher is: it trains runs, wherever that may be.

import type { Experiment } from "../../config/experiment.js";
import type { RunState } from "../../records/run-status.js";
import type { EngineOptions } from "../../runtime/devices.js";
import type { RunProgress } from "../../training/train-run.js";

/** All that a process needs to train one run. */
export interface RunOrder extends EngineOptions {
  readonly experiment: Experiment;
  readonly fingerprint: string;
  readonly folder: string;
  readonly tensorboard: boolean;
}

export interface Launcher {
  /** The number of runs to be started at a time. */
  readonly slots: number;
  /**
   * Trains a run in its folder and returns what became of it: pending if it was stopped before it had finished. Never rejects: an
   * error that ends a run is a failed run.
   */
  start(order: RunOrder, onProgress: (progress: RunProgress) => void): Promise<RunState>;
  /** Stops all runs at once. Their files are whole, and their last finished epochs are kept. */
  stop(): void;
}
