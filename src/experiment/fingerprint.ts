// The identity of a run: a hash of its network, training, data and seed, but not of names and file locations.

import { createHash } from "node:crypto";
import { canonical } from "../canonical.js";
import type { Experiment } from "../config/experiment.js";
import type { StopSpec, TrainingSpec } from "../config/experiment-spec.js";
import { ownSeeds } from "../config/random-sources.js";
import { type Graph, withoutPaths } from "../network/graph.js";

/** Incremented when the same description is trained or tested differently than before. */
const MEANING = 6;

export function fingerprintOf(experiment: Experiment, graph: Graph, datasetFingerprint: string): string {
  const { dataset } = experiment;
  const training = identityOf(experiment.training);
  return hashOf([
    ...["run", withoutPaths(graph), training, dataset.transforms, datasetFingerprint],
    ...seedsOf(experiment),
  ]);
}

/**
 * Everything that determines the state of a run after each epoch. If two runs share it, the longer one can continue the
 * shorter one. The number of epochs is only included if the schedule depends on it.
 */
export function trajectoryOf(experiment: Experiment, graph: Graph, datasetFingerprint: string): string {
  // Stopping early does not change the epochs before.
  const { epochs, select: _, ...training } = identityOf({ ...experiment.training, stop: "off" });
  const length = training.schedule.name === "cosine" ? epochs : "any";
  const data = [experiment.dataset.transforms, datasetFingerprint];
  return hashOf(["trajectory", withoutPaths(graph), length, training, ...data, ...seedsOf(experiment)]);
}

/** Seeds of single sources, and runs to start from, are newer than MEANING. */
function seedsOf(experiment: Experiment): unknown[] {
  const own = ownSeeds(experiment);
  const { from, seed } = experiment;
  return [
    seed,
    ...(Object.keys(own).length > 0 ? [own] : []),
    ...(from === "none" ? [] : ["from", from.fingerprint === "any" ? from.run : from.fingerprint]),
  ];
}

/** Without what only decides about rounding, and without keys that are newer than MEANING where they change nothing. */
function identityOf({ deterministic: _, precision, stop, ...training }: TrainingSpec) {
  return {
    ...training,
    ...(precision === "float32" ? {} : { precision }),
    ...(stop === "off" ? {} : { stop: stop.after === "last" ? withoutAfter(stop) : stop }),
  };
}

function withoutAfter({ after: _, ...stop }: StopSpec) {
  return stop;
}

function hashOf(content: readonly unknown[]): string {
  return createHash("sha256")
    .update(canonical([MEANING, ...content]))
    .digest("hex")
    .slice(0, 32);
}
