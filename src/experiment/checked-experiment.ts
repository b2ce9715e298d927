// An experiment that its file alone does not refute, and what its network is given.

import type { Experiment } from "../config/experiment.js";
import type { LongForm } from "../config/shorthand.js";
import type { NetworkInput } from "../network/build-network.js";

export interface CheckedExperiment {
  readonly experiment: Experiment;
  /** What the experiment was made from, with the positions of its keys in the text. */
  readonly located: LongForm;
  /** The folder that relative paths in the experiment start at. */
  readonly directory: string;
}

/** `trainImages` is 0 or absent if the images have not been read. */
export type ExperimentInput = NetworkInput & { readonly trainImages?: number };
