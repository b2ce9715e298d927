// What the scheduler and a run's process say to each other.

import type { Experiment } from "../config/experiment.js";
import type { RunState } from "../records/run-status.js";
import type { EngineOptions } from "../runtime/devices.js";
import type { RunProgress } from "../training/train-run.js";

export interface RunOrder extends EngineOptions {
  readonly experiment: Experiment;
  readonly fingerprint: string;
  readonly folder: string;
  readonly tensorboard: boolean;
}

export type RunReport =
  | { readonly kind: "progress"; readonly progress: RunProgress }
  | { readonly kind: "ended"; readonly state: RunState };
