// The messages between a worker and the process that trains its runs.

import type { Experiment } from "../../config/experiment.js";
import type { RunState } from "../../records/run-status.js";
import type { RunProgress } from "../../training/run-options.js";
import type { HowToTrain } from "./orders.js";

/** Asks for a run, once the one before has ended. */
export interface TrainOrder extends HowToTrain {
  readonly experiment: Experiment;
  readonly fingerprint: string;
  readonly folder: string;
}

export type RunReport =
  | { readonly kind: "progress"; readonly progress: RunProgress }
  | { readonly kind: "ended"; readonly state: RunState };
