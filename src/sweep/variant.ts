// A variant of a sweep, and its runs: the variant with each seed.

import type { Experiment } from "../config/experiment.js";
import type { MatchSpec } from "../config/sweep.js";
import type { DatasetFacts } from "../experiment/dataset-facts.js";
import { fingerprintOf, trajectoryOf } from "../experiment/fingerprint.js";
import type { Complexity } from "../network/complexity.js";
import type { Graph } from "../network/graph.js";
import type { Matched } from "../network/match-cost.js";
import type { AxisValues } from "../records/variant-cells.js";

export interface Variant {
  readonly name: string;
  /** As the file has it, as in `se-r${r}`. */
  readonly template: string;
  readonly axes: AxisValues;
  readonly experiment: Experiment;
  readonly graph: Graph;
  readonly complexity: Complexity;
  readonly dataset: DatasetFacts;
  /** Where it was made to cost as much as another variant: how, and how near it came. */
  readonly match: (MatchSpec & Pick<Matched, "change" | "ratio">) | null;
}

export interface Run {
  /** `<variant>/seed-<n>`: also its folder. */
  readonly name: string;
  readonly variant: Variant;
  readonly seed: number;
  readonly experiment: Experiment;
  readonly fingerprint: string;
  /** Its fingerprint but for how long it trains. */
  readonly trajectory: string;
}

/** One variant with one seed. */
export function runOf(variant: Variant, seed: number): Run {
  const experiment = { ...variant.experiment, seed };
  return {
    name: `${variant.name}/seed-${seed}`,
    variant,
    seed,
    experiment,
    fingerprint: fingerprintOf(experiment, variant.graph, variant.dataset.fingerprint),
    trajectory: trajectoryOf(experiment, variant.graph, variant.dataset.fingerprint),
  };
}
