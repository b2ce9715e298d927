// The interface of a launcher, which trains runs, on this machine or elsewhere.

import type { Experiment } from "../../config/experiment.js";
import type { RunState } from "../../records/run-status.js";
import type { EngineOptions } from "../../runtime/devices.js";
import type { RunProgress } from "../../training/train-run.js";

/** Everything that a process needs to train a run. */
export interface RunOrder extends EngineOptions {
  readonly experiment: Experiment;
  readonly fingerprint: string;
  readonly folder: string;
  readonly tensorboard: boolean;
  /** The number of threads that load images. */
  readonly loaders: number;
}

export interface Launcher {
  /** The number of runs that can be trained at a time. */
  readonly slots: number;
  /**
   * Trains a run in its folder and returns its state, which is pending if the run was stopped before it had finished. Never
   * rejects: if an error ends a run, its state is failed.
   */
  start(order: RunOrder, onProgress: (progress: RunProgress) => void): Promise<RunState>;
  /** Stops all runs immediately. Their files remain intact, and the epochs they have finished are kept. */
  stop(): void;
}
