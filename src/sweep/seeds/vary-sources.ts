// What differs between the seeds of a sweep -> variants whose runs differ in that alone.

import type { DatasetSpec, Experiment } from "../../config/experiment.js";
import { RANDOM_SOURCES, type RandomSource } from "../../config/random-sources.js";
import type { Sweep } from "../../config/sweep.js";
import { isRandom } from "../../data/transforms/transforms.js";
import { collect, DiagnosticError } from "../../diagnostic.js";
import type { DatasetFacts, FactsOf } from "../../experiment/dataset-facts.js";
import type { Point } from "../points.js";
import type { Variant } from "../variant.js";
import { checkedDraws } from "./draws.js";

interface VaryParts {
  readonly sweep: Sweep;
  readonly points: readonly Point[];
  readonly factsOf: FactsOf;
}

/**
 * Gives sources that are not varied the first seed, and each seed its own division of the images if that is asked for. Throws
 * DiagnosticError if nothing would differ between seeds.
 */
export async function withSources(
  variants: readonly Variant[],
  { sweep, points, factsOf }: VaryParts,
): Promise<readonly Variant[]> {
  const { fixed, variesSplit } = sweep;
  checkVaried(variants, sweep);
  const draws = checkedDraws(variants, { sweep, points });
  return Promise.all(
    variants.map(async (variant) => {
      const experiment = {
        ...variant.experiment,
        sourceSeeds: { ...fixed, ...variant.experiment.sourceSeeds },
      };
      const point = points.find(({ name }) => name === variant.name);
      const splits = variesSplit && point ? await splitFacts(point, { seeds: sweep.seeds, factsOf }) : null;
      return { ...variant, experiment, splits, draw: draws.get(variant.name) ?? null };
    }),
  );
}

async function splitFacts(
  point: Point,
  { seeds, factsOf }: { readonly seeds: readonly number[]; readonly factsOf: FactsOf },
): Promise<ReadonlyMap<number, DatasetFacts>> {
  const facts = new Map<number, DatasetFacts>();
  for (const seed of seeds) {
    const dataset = { ...point.experiment.dataset, split: seed } as DatasetSpec;
    facts.set(seed, await factsOf({ ...point, experiment: { ...point.experiment, dataset } }));
  }
  return facts;
}

/** The sources of chance that there are in training a variant. */
export function sourcesOf({ experiment, graph }: Pick<Variant, "experiment" | "graph">): RandomSource[] {
  const { training, dataset } = experiment;
  const exists: Readonly<Record<RandomSource, boolean>> = {
    init: true,
    order: true,
    augmentation:
      dataset.transforms.train.some(isRandom) || training.mixup !== "off" || training.cutmix !== "off",
    dropout: graph.some(({ op }) => op === "dropout" || op === "drop-path"),
  };
  return RANDOM_SOURCES.filter((source) => exists[source]);
}

/** Whether the images of a dataset can be divided in different ways. */
export function hasSplit({ dataset }: Pick<Experiment, "dataset">): boolean {
  return "split" in dataset;
}

function checkVaried(variants: readonly Variant[], sweep: Sweep): void {
  const diagnostics = collect(sweep, (report) => {
    if (sweep.variesSplit && !variants.every(({ experiment }) => hasSplit(experiment)))
      report("unused-key", "`vary` contains split, but this dataset cannot be divided in different ways", [
        "vary",
      ]);
    const isVaried = variants.every(
      (variant) =>
        sweep.variesSplit ||
        sweep.random.length > 0 ||
        sourcesOf(variant).some((source) => sweep.fixed[source] === undefined),
    );
    if (!isVaried)
      report(
        "unused-key",
        "nothing of what `vary` contains exists in every variant, so all seeds would be the same",
        ["vary"],
      );
  });
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
}
