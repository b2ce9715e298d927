// A sweep -> its variants, each a checked experiment and its network, and the runs: every variant with every seed.

import { isDeepStrictEqual } from "node:util";
import type { Experiment } from "../config/experiment.js";
import type { Override } from "../config/override.js";
import { placeOf } from "../config/shorthand.js";
import { isWritten, type Located } from "../config/source.js";
import type { MatchSpec, Metric, Sweep, VariantSpec } from "../config/sweep.js";
import {
  collect,
  type Diagnostic,
  DiagnosticError,
  formatPosition,
  type Path,
  type Report,
} from "../diagnostic.js";
import { buildNetwork } from "../network/build-network.js";
import { checkBuilt } from "../network/check-built.js";
import { checkNetwork } from "../network/check-network.js";
import { type Complexity, complexityOf } from "../network/complexity.js";
import type { MistakeParts } from "../network/every-mistake.js";
import { fingerprintOf, trajectoryOf } from "../network/fingerprint.js";
import type { Graph, Shape } from "../network/graph.js";
import { canScale, type Matched, matchCost } from "../network/match-cost.js";
import { type AxisValues, costWords } from "../records/variant-cells.js";
import { checkedPoints, type Point } from "./points.js";

export interface DatasetFacts {
  readonly shape: Shape;
  readonly classes: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly fingerprint: string;
}

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

export interface ExpandedSweep {
  readonly name: string;
  readonly variants: readonly Variant[];
  /** Seed by seed, so that an interrupted sweep has compared all variants equally often. */
  readonly runs: readonly Run[];
  readonly baseline: string;
  readonly metric: Metric;
}

export interface DatasetReaders {
  /** Asked once for each different dataset. */
  readonly factsOf: (experiment: Experiment) => Promise<DatasetFacts>;
  /** What a network is given, without loading the data; null where they are not there. */
  readonly inputOf: MistakeParts["inputOf"];
  /** What to throw for an error of reading: a diagnostic, where it is a mistake of the file. */
  readonly explain: (error: unknown, located: Located) => unknown;
}

/**
 * `overrides` (from the command line) are applied after the variants' own. Throws DiagnosticError with the mistakes of all variants.
 */
export async function expandSweep(
  sweep: Sweep,
  overrides: readonly Override[],
  { factsOf, inputOf, explain }: DatasetReaders,
): Promise<ExpandedSweep> {
  const { points, diagnostics: ofFiles } = checkedPoints(sweep, overrides, inputOf);
  const diagnostics: Diagnostic[] = [...ofFiles];
  const built = new Map<Point, Variant>();
  const found: { point: Point; problems: readonly Diagnostic[] }[] = [];
  for (const point of points) {
    const { name, template, axes, experiment, located } = point;
    const dataset = await factsOf(experiment).catch((error: unknown) => {
      // Missing data hide no mistake of the files.
      throw ofFiles.length > 0 ? new DiagnosticError(ofFiles) : explain(error, located);
    });
    const graph = buildNetwork(experiment.network, dataset);
    const problems = checkBuilt({ located, directory: sweep.directory, experiment, graph, input: dataset });
    found.push({ point, problems });
    if (problems.every(({ code }) => code === "unused-key"))
      built.set(point, {
        name,
        template,
        axes,
        experiment,
        graph,
        complexity: complexityOf(graph),
        dataset,
        match: null,
      });
  }
  diagnostics.push(
    ...found.flatMap(({ problems }) => problems.filter((problem) => isMistake(problem, found))),
  );
  if (ofFiles.length > 0) throw new DiagnosticError(diagnostics);
  const variants: Variant[] = [];
  const ofVariants = collect(sweep, (report) => {
    for (const [index, spec] of sweep.variants.entries()) {
      const own = points.filter((point) => point.index === index);
      const made = own.map((point) => matchedVariant(point, { built, report })).filter((one) => one !== null);
      if (made.length === own.length) checkIdleAxes(made, { spec, path: ["variants", index], report });
      variants.push(...made);
    }
  });
  diagnostics.push(...ofVariants);
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return {
    name: sweep.name,
    variants,
    runs: sweep.seeds.flatMap((seed) => variants.map((variant) => runOf(variant, seed))),
    baseline: sweep.compare.baseline ?? (variants[0] as Variant).name,
    metric: sweep.compare.metric,
  };
}

/** A key that one point of an axis has no use for is no mistake if another has. */
function isMistake(
  { code, path, location }: Diagnostic,
  found: readonly { point: Point; problems: readonly Diagnostic[] }[],
): boolean {
  if (code !== "unused-key") return true;
  const here = formatPosition(location);
  return found.every(({ point: { located }, problems }) => {
    const place = placeOf(path, located);
    return (
      !isWritten(located, place) ||
      formatPosition(located.locate(place, "key")) !== here ||
      problems.some((other) => other.code === code && formatPosition(other.location) === here)
    );
  });
}

/** A variant that is to cost as much as another, at that cost; every other as it is. Null where there is none. */
function matchedVariant(
  point: Point,
  { built, report }: { built: ReadonlyMap<Point, Variant>; report: Report },
): Variant | null {
  const { index, match } = point;
  const variant = built.get(point);
  if (!variant || !match) return variant ?? null;
  const target = [...built.values()].find(({ name }) => name === match.target);
  if (!target) return null;
  const fail = (message: string) => {
    report("no-match", message, ["variants", index, "match"], "key");
    return null;
  };
  const { experiment, dataset } = variant;
  const { cost, by } = match;
  if (!canScale(experiment.network, by))
    return fail(`stages written out as \`modules\` have no ${by} to scale`);
  const { params, macs } = target.complexity;
  const asked = { cost, by, target: cost === "params" ? params.trainable : macs };
  const found = matchCost(experiment.network, dataset, asked);
  if (!found)
    return fail(`no ${by} brings this network close to the ${costWords(cost)} of \`${match.target}\``);
  const { network, change, ratio } = found;
  const off = `${change}: ${(100 * (ratio - 1)).toPrecision(2)} %`;
  if (isDeepStrictEqual(network, experiment.network))
    return fail(
      `no other ${by} brings this network closer to the ${costWords(cost)} of \`${match.target}\` (${off}); remove \`match\``,
    );
  if (Math.abs(ratio - 1) > MOST_OFF)
    return fail(
      `no ${by} brings this network close to the ${costWords(cost)} of \`${match.target}\`; the closest is ${off}`,
    );
  const graph = buildNetwork(network, dataset);
  for (const { message } of checkNetwork(graph, dataset.classes)) fail(message);
  return {
    ...variant,
    experiment: { ...experiment, network },
    graph,
    complexity: complexityOf(graph),
    match: { ...match, change, ratio },
  };
}

/** A control that is further off costs not as much. */
const MOST_OFF = 0.05;

/** How many different networks are compared with the baseline. */
export function comparisonsIn({ variants, baseline }: Pick<ExpandedSweep, "variants" | "baseline">): number {
  const identities = new Map(variants.map((variant) => [variant.name, runOf(variant, 0).fingerprint]));
  return new Set(identities.values()).size - (identities.has(baseline) ? 1 : 0);
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

/** An axis whose values all give the same run, whatever the other axes say, was meant to change something. */
function checkIdleAxes(
  variants: readonly Variant[],
  { spec: { grid, zip }, path, report }: { spec: VariantSpec; path: Path; report: Report },
): void {
  const identity = (variant: Variant) => runOf(variant, 0).fingerprint;
  const idle = (names: readonly string[]) => {
    const groups = new Map<string, Set<string>>();
    for (const variant of variants) {
      const others = JSON.stringify(Object.entries(variant.axes).filter(([name]) => !names.includes(name)));
      groups.set(others, (groups.get(others) ?? new Set()).add(identity(variant)));
    }
    return [...groups.values()].every((fingerprints) => fingerprints.size === 1);
  };
  const reportIdle = (kind: "grid" | "zip", name: string) =>
    report(
      "idle-axis",
      `all values of \`${name}\` result in the same network, data and training`,
      [...path, kind, name],
      "key",
    );
  for (const [name, values] of Object.entries(grid))
    if (values.length > 1 && idle([name])) reportIdle("grid", name);
  const [first] = Object.entries(zip);
  if (first && first[1].length > 1 && idle(Object.keys(zip))) reportIdle("zip", first[0]);
}
