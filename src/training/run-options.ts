// What a run is given, and what it tells while it trains.

import type { Experiment } from "../config/experiment-spec.js";
import type { Dataset } from "../data/dataset.js";
import type { Graph } from "../network/graph.js";
import type { RunFolder } from "../records/run-folder.js";
import type { EngineOptions } from "../runtime/devices.js";
import type { StepProgress } from "./train-epoch.js";

export interface RunOptions extends EngineOptions {
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly dataset: Dataset;
  readonly fingerprint: string;
  readonly folder: RunFolder;
  /** Whether to write an event file as well. */
  readonly tensorboard: boolean;
  /** Whether to keep what is predicted of each test image. */
  readonly predictions: boolean;
  readonly onProgress: (progress: RunProgress) => void;
  /** Called before files of an epoch or of the result are written; may end the process. */
  readonly beforeWriting?: () => void;
}

export interface RunProgress extends StepProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly imagesPerSecond: number;
  /** Fraction of the run that is done, from 0 to 1. */
  readonly done: number;
}
