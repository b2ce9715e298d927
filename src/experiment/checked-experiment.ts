// An experiment without mistakes that can be found from its file alone, and the input of its network.

import type { Experiment } from "../config/experiment.js";
import type { LongForm } from "../config/shorthand.js";
import type { NetworkInput } from "../network/build-network.js";

export interface CheckedExperiment {
  readonly experiment: Experiment;
  /** The value that the experiment was made from, with the positions of its keys in the text. */
  readonly located: LongForm;
  /** The folder that relative paths in the experiment start at. */
  readonly directory: string;
}

/** `trainImages` is 0 or absent if the images have not been read. */
export type ExperimentInput = NetworkInput & { readonly trainImages?: number };
