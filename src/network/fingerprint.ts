// What a run is: a hash of network, training, data and seed. Names and places of files do not count.

import { createHash } from "node:crypto";
import type { Experiment } from "../config/experiment.js";
import type { Graph } from "./graph.js";

/** Raised when the same description trains differently, or is tested differently, than before. */
const MEANING = 4;

export function fingerprintOf(experiment: Experiment, graph: Graph, datasetFingerprint: string): string {
  return hashOf(["run", nodesOf(graph), experiment.training, datasetFingerprint, experiment.seed]);
}

/**
 * What decides the state of a run after each of its epochs: of two runs that share it the longer one continues the shorter.
 * How long the training is counts only where the schedule depends on it.
 */
export function trajectoryOf(experiment: Experiment, graph: Graph, datasetFingerprint: string): string {
  const { epochs, select: _, ...training } = experiment.training;
  const length = training.schedule.name === "cosine" ? epochs : "any";
  return hashOf(["trajectory", nodesOf(graph), length, training, datasetFingerprint, experiment.seed]);
}

/** JSON with sorted keys: the order in which a file names things says nothing. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Without the places that asked for them. */
function nodesOf(graph: Graph) {
  return graph.map(({ path: _, ...node }) => node);
}

function hashOf(content: readonly unknown[]): string {
  return createHash("sha256")
    .update(canonical([MEANING, ...content]))
    .digest("hex")
    .slice(0, 32);
}
