// The runs of one or several sweeps -> for each variant, the mean and spread of a metric over seeds and the paired difference
// from its baseline.

import type { HalvingSpec, TuneSpec } from "../config/sweep-spec.js";
import { InputError } from "../diagnostic.js";
import { isLeftOut, RUN_STATUSES } from "../records/run-status.js";
import { METRIC_COLUMNS, type MetricColumn } from "../records/tables.js";
import type { AxisValues, Match } from "../records/variant-cells.js";
import { holm } from "../statistics/holm.js";
import type { PairedTest } from "../statistics/sign-flip.js";
import { type Spread, spreadOf } from "../statistics/spread.js";
import { didYouMean } from "../suggest.js";
import { majorityErrorOf, meanByClass, onlyOf } from "./class-errors.js";
import {
  type ComparableVariant,
  comparableVariants,
  type Uncompared,
  valuesOf,
} from "./comparable-variants.js";
import type { SweepTables } from "./read-sweep.js";
import {
  type DecisionInWords,
  isAdaptive,
  pairsOf,
  sequentialSpread,
  sweepDecisions,
  testOf,
} from "./sequential.js";

export interface VariantComparison {
  /** The name; `<sweep>/<variant>` if several sweeps are compared. */
  readonly variant: string;
  /** The variant it is compared with; for a baseline, its own name. */
  readonly baseline: string;
  readonly axes: AxisValues;
  /** The name before axis values were filled in, such as `se-r${r}`. */
  readonly template: string;
  readonly match: Match | null;
  readonly params: number;
  readonly macs: number;
  /** Duration of a run. */
  readonly seconds: Spread | null;
  readonly metric: Spread | null;
  /** Why it is not compared; null if it is. */
  readonly uncompared: Uncompared | null;
  /**
   * The metric of this variant minus that of its baseline, over the seeds that both have finished, with the interval of its mean, by
   * Student's t or, if seeds are added until the comparison is decided, by a confidence sequence (which may be infinite).
   */
  readonly difference: Spread | null;
  /** The test of the difference (by flipping signs, or one that holds at any time), also with its p after Holm's correction. */
  readonly test: (PairedTest & { readonly adjustedP: number; readonly isSignificant: boolean }) | null;
  /** Whether seeds are added until it is decided, so that differences are looked at after each. */
  readonly isSequential: boolean;
  /** What was decided after how many seeds; null if nothing is, or if another comparison is shown than the sweep asks for. */
  readonly decision: DecisionInWords | null;
  /** Whether seeds are still added for this comparison. */
  readonly isOpen: boolean;
  /** Seed -> metric of the finished run. */
  readonly values: Readonly<Record<string, number>>;
  /** Seed -> difference, of which `difference` is the summary. */
  readonly differences: Readonly<Record<string, number>>;
  /** Seed -> what it has drawn, by path; empty if nothing is random. */
  readonly drawn: Readonly<Record<string, AxisValues>>;
  /** Test error of each class, averaged over the runs. Null if no run has it; an element is null if the class has no images. */
  readonly errorsByClass: readonly (number | null)[] | null;
  /** Number of planned runs of this variant, without those that are not needed. */
  readonly planned: number;
  /** Number of failed runs of this variant. */
  readonly failed: number;
}

export interface Comparison {
  readonly metric: MetricColumn;
  /** The number of comparisons once all planned runs have finished, for Holm's correction. */
  readonly comparisons: number;
  /** Tests are significant if p is at most alpha; intervals of differences have the level 1 - alpha. */
  readonly alpha: number;
  /** Whether some runs are not over yet. */
  readonly pending: boolean;
  /** The number of test images; null if unknown or not the same for all runs. */
  readonly testImages: number | null;
  /** Test error of always predicting the most frequent class if classes are imbalanced; otherwise null. */
  readonly majorityError: number | null;
  /** What was tuned for the variants of each sweep in which something was. */
  readonly tunings: readonly Tuning[];
  /** How the variants of each sweep were halved in which they were. */
  readonly halvings: readonly HalvingSpec[];
  readonly variants: readonly VariantComparison[];
}

export interface Tuning {
  readonly tune: TuneSpec;
  /** By variant. */
  readonly tuned: Readonly<Record<string, AxisValues>>;
}

export interface ComparisonAsked {
  /** A variant that replaces the sweeps' own baselines; `<sweep>/<variant>` if there are several sweeps. */
  readonly baseline?: string | undefined;
  /** Replaces the metric in the first sweep's file. */
  readonly metric?: string | undefined;
}

/**
 * Compares the runs that have finished so far. Each variant is compared with the baseline of its own sweep, or with
 * `asked.baseline` if given. Throws InputError for an unknown metric or baseline.
 */
export function compareSweeps(sweeps: readonly SweepTables[], asked: ComparisonAsked): Comparison {
  const metric = metricFor(sweeps, asked);
  const variants = comparableVariants(sweeps, { metric, baseline: asked.baseline });
  const runs = variants.flatMap((one) => one.runs);
  // Those that were stopped were compared as well, though not with a test.
  const comparisons = variants.filter(
    ({ uncompared }) => !uncompared || uncompared.kind === "stopped",
  ).length;
  const alpha = sweeps[0]?.asked?.alpha ?? 0.05;
  const decisions = sweepDecisions(variants, metric);
  const pending = runs.some(({ status }) => !RUN_STATUSES[status].isOver);
  return {
    metric,
    comparisons,
    alpha,
    pending,
    testImages: onlyOf(runs.map(({ testImages }) => testImages)),
    majorityError: majorityErrorOf(sweeps.flatMap((sweep) => sweep.runs)),
    tunings: sweeps.flatMap((sweep): Tuning[] => {
      const own = variants.filter((one) => one.sweep === sweep);
      const known = own.filter(({ runs: [first] }) => Object.keys(first.tuned).length > 0);
      const tuned = Object.fromEntries(known.map(({ label, runs: [first] }) => [label, first.tuned]));
      const tune = sweep.asked?.tune ?? null;
      return tune === null || known.length === 0 ? [] : [{ tune, tuned }];
    }),
    halvings: sweeps.flatMap(({ asked }) => asked?.halving ?? []),
    variants: withHolm(
      variants.map((one) => ({
        ...compareVariant(one, { metric, alpha }),
        decision: decisions.get(one.label) ?? null,
        isOpen: decisions.get(one.label) === null && pending,
      })),
      { comparisons, alpha },
    ),
  };
}

type Unadjusted = Omit<VariantComparison, "test"> & { readonly test: PairedTest | null };

/** Compares a variant with its baseline, over the seeds that both have finished. */
function compareVariant(
  one: ComparableVariant,
  { metric, alpha }: Pick<Comparison, "metric" | "alpha">,
): Omit<Unadjusted, "decision" | "isOpen"> {
  const { label, runs, values, base, uncompared } = one;
  const [first] = runs;
  const paired = uncompared ? [] : pairsOf(one);
  const differences = paired.map(([, difference]) => difference);
  const isSequential = isAdaptive(one);
  const isShare = metric.includes("error");
  return {
    variant: label,
    baseline: base.label,
    axes: first.axes,
    template: first.template,
    match: first.match,
    params: first.params,
    macs: first.macs,
    seconds: spreadOf([...valuesOf(runs, "seconds").values()]),
    metric: within(isShare ? [0, 1] : null, spreadOf([...values.values()])),
    uncompared,
    difference: within(
      isShare ? [-1, 1] : null,
      (isSequential ? sequentialSpread : spreadOf)(differences, alpha),
    ),
    test: testOf(one)(differences),
    isSequential,
    values: Object.fromEntries(values),
    differences: Object.fromEntries(paired),
    drawn: Object.fromEntries(
      runs.flatMap(({ seed, drawn }) => (Object.keys(drawn).length > 0 ? [[seed, drawn]] : [])),
    ),
    errorsByClass: meanByClass(runs),
    planned: runs.filter(({ status }) => !isLeftOut(status)).length,
    failed: runs.filter(({ status }) => status === "failed").length,
  };
}

/** Adds each p after Holm's correction for all planned comparisons. */
function withHolm(
  variants: readonly Unadjusted[],
  { comparisons, alpha }: Pick<Comparison, "comparisons" | "alpha">,
): VariantComparison[] {
  const adjusted = holm(
    variants.flatMap(({ test }) => (test ? [test.p] : [])),
    comparisons,
  );
  return variants.map((one) => {
    const { test } = one;
    if (!test) return { ...one, test: null };
    const adjustedP = adjusted.shift() as number;
    const isSignificant = adjustedP <= alpha;
    const decision = isSignificant ? foundLater(one, adjustedP) : one.decision;
    return { ...one, decision, test: { ...test, adjustedP, isSignificant } };
  });
}

/** The metric to compare: that of the first sweep unless another one is asked for. Throws InputError if there is no such metric. */
export function metricFor(sweeps: readonly SweepTables[], { metric }: ComparisonAsked): MetricColumn {
  return metricOf(metric ?? sweeps[0]?.asked?.metric ?? "test_error");
}

/** Seeds that were trained although the comparison had been given up may still decide it. */
function foundLater({ decision, difference }: Unadjusted, p: number): DecisionInWords | null {
  if (decision?.verdict !== "hopeless" && decision?.verdict !== "undecided") return decision;
  const seeds = difference?.n ?? 0;
  return {
    verdict: "different",
    seeds,
    p,
    words: `different after ${seeds} seeds (p = ${p.toPrecision(2)})`,
  };
}

function metricOf(asked: string): MetricColumn {
  const metric = METRIC_COLUMNS.find((one) => one === asked);
  if (metric !== undefined) return metric;
  throw new InputError(
    `--metric must be one of ${METRIC_COLUMNS.join(", ")}; found ${asked}${didYouMean(asked, METRIC_COLUMNS)}`,
  );
}

/** Clips the interval to the range of the metric, because Student's interval of a share can exceed it. */
function within(bounds: readonly [number, number] | null, spread: Spread | null): Spread | null {
  if (!bounds || !spread) return spread;
  const [least, most] = bounds;
  // An end that is infinite is not known, rather than at the end of the range.
  const cut = (value: number) => (Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : value);
  return { ...spread, interval: [cut(spread.interval[0]), cut(spread.interval[1])] };
}

/** The baseline of all variants; null if sweeps have different ones. */
export function commonBaseline({ variants }: Comparison): string | null {
  const names = new Set(variants.map(({ baseline }) => baseline));
  return names.size === 1 ? ([...names][0] as string) : null;
}
