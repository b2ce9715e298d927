// A variant of a sweep, and its runs, one per seed.

import type { DatasetSpec, Experiment } from "../config/experiment.js";
import type { TrainingSpec } from "../config/experiment-spec.js";
import type { MatchSpec, PathValues } from "../config/sweep.js";
import type { DatasetFacts } from "../experiment/dataset-facts.js";
import { fingerprintOf, trajectoryOf } from "../experiment/fingerprint.js";
import { withStartingRun } from "../experiment/starting-run.js";
import type { Complexity } from "../network/complexity.js";
import type { Graph } from "../network/graph.js";
import type { Matched } from "../network/match-cost.js";
import type { AxisValues } from "../records/variant-cells.js";

export interface Variant {
  readonly name: string;
  /** The name as written in the file, as in `se-r${r}`. */
  readonly template: string;
  readonly axes: AxisValues;
  /** What has been tuned for it, and is part of its experiment; null if nothing has. */
  readonly tuned: PathValues | null;
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly complexity: Complexity;
  readonly dataset: DatasetFacts;
  /** Seed -> what is known of the data, if each seed divides the images in another way; otherwise null. */
  readonly splits: ReadonlyMap<number, DatasetFacts> | null;
  /** What a seed draws, and training with that; null if nothing is random. */
  readonly draw: ((seed: number) => Drawn) | null;
  /** If the variant was scaled to the cost of another: how it was changed, and the ratio of the two costs. */
  readonly match: (MatchSpec & Pick<Matched, "change" | "ratio">) | null;
}

export interface Drawn {
  readonly values: PathValues;
  readonly training: TrainingSpec;
}

export interface Run {
  /** `<variant>/seed-<n>`, which is also the path of its folder. */
  readonly name: string;
  readonly variant: Variant;
  readonly seed: number;
  /** What its seed has drawn; null if nothing is random. */
  readonly drawn: PathValues | null;
  readonly experiment: Experiment;
  readonly fingerprint: string;
  /** Shared by runs of different lengths if the longer one can continue the shorter one. */
  readonly trajectory: string;
}

/** The run of a variant with a seed. */
export function runOf(variant: Variant, seed: number): Run {
  const { splits } = variant;
  const drawn = variant.draw?.(seed) ?? null;
  const { fingerprint } = splits?.get(seed) ?? variant.dataset;
  const { dataset } = variant.experiment;
  const experiment: Experiment = withStartingRun({
    ...variant.experiment,
    ...(drawn && { training: drawn.training }),
    seed,
    dataset: splits === null ? dataset : ({ ...dataset, split: seed } as DatasetSpec),
  });
  return {
    name: `${variant.name}/seed-${seed}`,
    variant,
    seed,
    drawn: drawn?.values ?? null,
    experiment,
    fingerprint: fingerprintOf(experiment, variant.graph, fingerprint),
    trajectory: trajectoryOf(experiment, variant.graph, fingerprint),
  };
}
