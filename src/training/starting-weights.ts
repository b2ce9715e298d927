// The run that an experiment starts from -> the weights that it takes from there.

import type { Experiment } from "../config/experiment-spec.js";
import { InputError } from "../diagnostic.js";
import type { Graph } from "../network/graph.js";
import { transferOf } from "../network/transfer.js";
import { logLine, type RunFolder } from "../records/run-folder.js";
import type { State } from "../runtime/program.js";
import { loadFinishedRun } from "./finished-weights.js";

/** The weights of the run that training starts from, as far as the network has them; none if they are all random. */
export function startingWeights({
  experiment: { from },
  graph,
  folder,
}: {
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly folder: RunFolder;
}): State {
  if (from === "none") return new Map();
  const run = loadFinishedRun(from.run);
  if (run.result.fingerprint !== from.fingerprint)
    throw new InputError(`the run that it starts from has changed: ${from.run}; start the sweep again`);
  const { taken, anew } = transferOf(run.graph, graph);
  const parts = [...new Set(anew.map((name) => name.slice(0, name.lastIndexOf("/"))))];
  const rest = anew.length > 0 ? `; anew: ${parts.join(", ")}` : "";
  logLine(folder, `takes ${taken.length} of ${taken.length + anew.length} weights from ${from.run}${rest}`);
  return new Map(taken.map((name) => [name, run.weights.get(name) as Float32Array]));
}
