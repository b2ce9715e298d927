// What a run is: a hash of network, training, data and seed. Names and places of files do not count.

import { createHash } from "node:crypto";
import type { Experiment } from "../config/experiment.js";
import type { Graph } from "./graph.js";

/** Raised when the same description trains differently, or is tested differently, than before. */
const MEANING = 3;

export function fingerprintOf(experiment: Experiment, graph: Graph, datasetFingerprint: string): string {
  const nodes = graph.map(({ path: _, ...node }) => node);
  const content = [MEANING, nodes, experiment.training, datasetFingerprint, experiment.seed];
  return createHash("sha256").update(canonical(content)).digest("hex").slice(0, 32);
}

/** JSON with sorted keys: the order in which a file names things says nothing. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
