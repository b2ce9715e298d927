// A sweep -> its variants, each a checked experiment and its network, and its runs: every variant with every seed.

import type { Override } from "../config/override.js";
import { placeOf } from "../config/shorthand.js";
import { isWritten } from "../config/source.js";
import type { LauncherSpec, Metric, Question, Sweep } from "../config/sweep.js";
import { tuningSweep } from "../config/tuning.js";
import { collect, type Diagnostic, DiagnosticError, formatPosition } from "../diagnostic.js";
import { buildChecked } from "../experiment/build-checked.js";
import type { FactsOf } from "../experiment/dataset-facts.js";
import { checkStartingRun } from "../experiment/starting-run.js";
import { complexityOf } from "../network/complexity.js";
import { leastAnytimePairs } from "../statistics/evidence.js";
import { checkIdleAxes } from "./idle-axes.js";
import { checkLooks } from "./looks.js";
import { matchedVariant } from "./match-variant.js";
import { checkedPoints, type Point } from "./points.js";
import { withSources } from "./seeds/vary-sources.js";
import { type Run, runOf, type Variant } from "./variant.js";

export interface ExpandedSweep {
  readonly name: string;
  readonly variants: readonly Variant[];
  /** Ordered by seed, so that an interrupted sweep has trained all variants about equally often. */
  readonly runs: readonly Run[];
  readonly baseline: string;
  readonly metric: Metric;
  readonly alpha: number;
  /** Null if all runs are needed. */
  readonly question: Question | null;
  readonly effect: number | null;
  /** Why variants are not trained to the end, by their names. */
  readonly stopped: ReadonlyMap<string, string>;
  /** Where the sweep says that it should be trained. */
  readonly launcher: LauncherSpec;
}

/**
 * `overrides` (from the command line) are applied after those of the variants. Throws DiagnosticError with the mistakes in all
 * variants, and InputError if data are missing.
 */
export async function expandSweep(
  sweep: Sweep,
  overrides: readonly Override[],
  factsOf: FactsOf,
): Promise<ExpandedSweep> {
  const { points, diagnostics: ofFiles } = checkedPoints(sweep, overrides);
  const { built, diagnostics: ofNetworks } = await buildPoints(points, factsOf).catch((error: unknown) => {
    // Mistakes in the files are reported even if data are missing.
    throw ofFiles.length > 0 ? new DiagnosticError(ofFiles) : error;
  });
  if (ofFiles.length > 0) throw new DiagnosticError([...ofFiles, ...ofNetworks]);
  const { variants: matched, diagnostics: ofVariants } = matchPoints(sweep, points, built);
  const diagnostics = [...ofNetworks, ...ofVariants];
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  checkStartingRuns(matched, { sweep, points });
  const variants = await withSources(matched, { sweep, points, factsOf });
  const expanded = {
    name: sweep.name,
    variants,
    runs: sweep.seeds.flatMap((seed) => variants.map((variant) => runOf(variant, seed))),
    baseline: sweep.compare.baseline ?? (variants[0] as Variant).name,
    metric: sweep.compare.metric,
    alpha: sweep.compare.alpha,
    question: sweep.question,
    effect: sweep.effect,
    stopped: sweep.stopped,
    launcher: sweep.launcher,
  };
  if (sweep.halving !== null) checkLooks(sweep.halving, variants, sweep);
  checkQuestion(expanded, sweep);
  // What is tuned may be wrong in a way that the untuned variants are not.
  if (sweep.tune !== null && sweep.tuned.size === 0)
    await expandSweep(tuningSweep(sweep, sweep.tune), overrides, factsOf);
  return expanded;
}

/** Builds the networks of all points. Points with mistakes are left out. */
async function buildPoints(
  points: readonly Point[],
  factsOf: FactsOf,
): Promise<{ built: ReadonlyMap<Point, Variant>; diagnostics: readonly Diagnostic[] }> {
  const built = new Map<Point, Variant>();
  const found: { point: Point; problems: readonly Diagnostic[] }[] = [];
  for (const point of points) {
    const { name, template, axes, tuned, experiment } = point;
    const dataset = await factsOf(point).catch(diagnosticsOf);
    if (!("shape" in dataset)) {
      found.push({ point, problems: dataset });
      continue;
    }
    const { graph, diagnostics } = buildChecked(point, dataset);
    found.push({ point, problems: diagnostics });
    const parts = { name, template, axes, tuned, experiment, dataset, match: null, splits: null, draw: null };
    if (diagnostics.every(({ code }) => code === "unused-key"))
      built.set(point, { ...parts, graph, complexity: complexityOf(graph) });
  }
  const diagnostics = found.flatMap(({ problems }) => problems.filter((one) => isMistake(one, found)));
  return { built, diagnostics };
}

/** Mistakes in one point do not hide those in others; missing data end the search. */
function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diagnostics;
  throw error;
}

/** Returns the variants in the order of the file, each at the cost it should have. */
function matchPoints(
  sweep: Sweep,
  points: readonly Point[],
  built: ReadonlyMap<Point, Variant>,
): { variants: readonly Variant[]; diagnostics: readonly Diagnostic[] } {
  const variants: Variant[] = [];
  const diagnostics = collect(sweep, (report) => {
    for (const [index, spec] of sweep.variants.entries()) {
      const own = points.filter((point) => point.index === index);
      const made = own.map((point) => matchedVariant(point, { built, report })).filter((one) => one !== null);
      if (made.length === own.length) checkIdleAxes(made, { spec, path: ["variants", index], report });
      variants.push(...made);
    }
  });
  return { variants, diagnostics };
}

/** A key that is unused at one point of an axis is not a mistake if another point uses it. */
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

/** Throws DiagnosticError. */
function checkStartingRuns(
  variants: readonly Variant[],
  { sweep, points }: { readonly sweep: Sweep; readonly points: readonly Point[] },
): void {
  const diagnostics = variants.flatMap(({ name, experiment, graph }) => {
    const located = points.find((point) => point.name === name)?.located;
    if (located === undefined) return [];
    // One seed is enough to show what is wrong.
    const found = sweep.seeds.map((seed) => checkStartingRun({ ...experiment, seed }, { located, graph }));
    return found.find(({ length }) => length > 0) ?? [];
  });
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
}

/** Seeds are added for comparisons, so there has to be one. */
function checkQuestion(expanded: ExpandedSweep, sweep: Sweep): void {
  const { question } = expanded;
  if (question === null) return;
  const comparisons = comparisonsIn(expanded);
  const least = leastAnytimePairs(question.alpha / Math.max(1, comparisons));
  const diagnostics = collect(sweep, (report) => {
    if (comparisons === 0)
      report(
        "nothing-to-compare",
        "there is nothing to decide: no variant differs from the baseline; list the seeds instead",
        ["seeds"],
      );
    else if (question.decided && question.atMost < least) {
      const those = comparisons === 1 ? "" : `, for ${comparisons} comparisons`;
      report(
        "out-of-range",
        `\`seeds.atMost\` must be >= ${least}: fewer seeds cannot decide anything at alpha = ${question.alpha}${those}; found ${question.atMost}`,
        ["seeds", "atMost"],
      );
    }
  });
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
}

/** Counts the different networks that are compared with the baseline. */
export function comparisonsIn({ variants, baseline }: Pick<ExpandedSweep, "variants" | "baseline">): number {
  const identities = new Map(variants.map((variant) => [variant.name, runOf(variant, 0).fingerprint]));
  return new Set(identities.values()).size - (identities.has(baseline) ? 1 : 0);
}
