// The messages that a worker process sends to the process that started it.

import type { RunState } from "../../records/run-status.js";
import type { RunProgress } from "../../training/train-run.js";

export type RunReport =
  | { readonly kind: "progress"; readonly progress: RunProgress }
  | { readonly kind: "ended"; readonly state: RunState };
