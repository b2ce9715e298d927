// A variant of a sweep -> a small crossed design of runs, which tells how much of the spread of its results comes from each source of
// chance.

import { type Override, parseOverride } from "../../config/override.js";
import type { Sweep } from "../../config/sweep.js";
import { InputError } from "../../diagnostic.js";
import type { FactsOf } from "../../experiment/dataset-facts.js";
import { orthogonalArray } from "../../statistics/components.js";
import { didYouMean } from "../../suggest.js";
import { type ExpandedSweep, expandSweep } from "../expand.js";
import { runOf, type Variant } from "../variant.js";
import { hasSplit, sourcesOf } from "./vary-sources.js";

export interface VarianceDesign {
  /** The sources of chance, and `split` if the images can be divided in different ways. */
  readonly sources: readonly string[];
  /** The level of each source by run, from 1, which is also its seed. */
  readonly rows: readonly (readonly number[])[];
  /** One variant per row, each with one run. */
  readonly sweep: ExpandedSweep;
  /** The variant that is examined. */
  readonly variant: string;
}

export interface DesignAsked {
  /** The name of a variant; null for the baseline. */
  readonly variant: string | null;
  /** The number of seeds of each source, a prime number. */
  readonly levels: number;
  readonly overrides: readonly Override[];
  readonly factsOf: FactsOf;
}

/** The seed of the runs of a design, of which every source has its own. */
const SEED = 1;

/** Throws DiagnosticError for mistakes in the sweep, and InputError if there is no such variant or the levels are too few. */
export async function varianceDesign(sweep: Sweep, asked: DesignAsked): Promise<VarianceDesign> {
  const { levels, overrides, factsOf } = asked;
  const all = { fixed: {}, variesSplit: false, random: [], question: null, seeds: [SEED] };
  const expandWith = (more: readonly Override[]) =>
    expandSweep({ ...sweep, ...all }, [...overrides, ...more], factsOf);
  const expanded = await expandWith([]);
  const name = asked.variant ?? expanded.baseline;
  const variant = variantIn(expanded, name);
  const isDivided = hasSplit(variant.experiment);
  // A source that the variant has fixed does not vary.
  const own = variant.experiment.sourceSeeds;
  const varied = sourcesOf(variant).filter((source) => own[source] === undefined);
  const sources = [...varied, ...(isDivided ? ["split"] : [])];
  if (sources.length === 0)
    throw new InputError(`${name} fixes all sources of chance: there is nothing to vary`);
  // Something has to be left to compare the sources with.
  if (sources.length * (levels - 1) >= levels ** 2 - 1)
    throw new InputError(
      `--levels ${levels} is too few for ${sources.length} sources (${sources.join(", ")}); try ${levels + 2}`,
    );
  const rows = orthogonalArray(levels, sources.length);
  /** By the level of the split. */
  const divided = new Map<number, Variant>([[0, variant]]);
  if (isDivided)
    for (let level = 1; level <= levels; level++)
      divided.set(
        level,
        variantIn(await expandWith([parseOverride(`dataset.split=${level}`, "variance")]), name),
      );
  const variants = rows.map((row): Variant => {
    const seeds = Object.fromEntries(sources.map((source, column) => [source, row[column] as number]));
    const { split = 0, ...sourceSeeds } = seeds;
    const at = divided.get(split) as Variant;
    const label = sources.map((source, column) => `${source}${row[column]}`).join("-");
    const experiment = { ...at.experiment, sourceSeeds: { ...own, ...sourceSeeds } };
    return { ...at, name: label, template: name, axes: seeds, experiment };
  });
  return {
    ...{ sources, rows, variant: name },
    sweep: {
      ...expanded,
      name: `${expanded.name}-variance-${name}`,
      variants,
      runs: variants.map((one) => runOf(one, SEED)),
      baseline: (variants[0] as Variant).name,
    },
  };
}

function variantIn({ variants }: ExpandedSweep, name: string): Variant {
  const found = variants.find((one) => one.name === name);
  if (found) return found;
  const names = variants.map((one) => one.name);
  throw new InputError(
    `--variant: there is no variant ${name}${didYouMean(name, names) || `; the variants are ${names.join(", ")}`}`,
  );
}
