// The runs of one sweep, or of several -> for each variant the mean and spread of a metric over seeds, and its difference to
// the baseline, seed by seed.

import { didYouMean } from "../config/suggest.js";
import { InputError } from "../diagnostic.js";
import { RUN_STATUSES } from "../records/run-status.js";
import { METRIC_COLUMNS, type MetricColumn } from "../records/tables.js";
import type { AxisValues, Match } from "../records/variant-cells.js";
import {
  type ComparableVariant,
  comparableVariants,
  type Uncompared,
  valuesOf,
} from "./comparable-variants.js";
import type { PlannedRun, SweepTables } from "./read-sweep.js";
import { holm, type PairedTest, type Spread, signFlipTest, spreadOf } from "./statistics.js";

export interface VariantComparison {
  /** `<sweep>/<variant>` where several sweeps are compared. */
  readonly variant: string;
  /** What it is compared with; its own name for a baseline. */
  readonly baseline: string;
  readonly axes: AxisValues;
  /** Its name before its axes were filled in, as in `se-r${r}`. */
  readonly template: string;
  readonly match: Match | null;
  readonly params: number;
  readonly macs: number;
  /** Of a run. */
  readonly seconds: Spread | null;
  readonly metric: Spread | null;
  /** Why it is not compared; null where it is. */
  readonly uncompared: Uncompared | null;
  /** Of this variant minus the baseline, over the seeds that both have finished. */
  readonly difference: Spread | null;
  /** The sign-flip test of that difference; its p among those of all variants by Holm. */
  readonly test: (PairedTest & { readonly adjustedP: number }) | null;
  /** The metric of each run that has finished, by seed; and what `difference` is the mean of. */
  readonly values: Readonly<Record<string, number>>;
  readonly differences: Readonly<Record<string, number>>;
  /** The mean over its runs of the test error of each class; null where no run says, or for a class without images. */
  readonly errorsByClass: readonly (number | null)[] | null;
  /** Runs of this variant that are planned, and those that failed. */
  readonly planned: number;
  readonly failed: number;
}

export interface Comparison {
  readonly metric: MetricColumn;
  /** How many there will be once all that is planned has finished: what Holm's correction is for. */
  readonly comparisons: number;
  /** Whether runs are still to come. */
  readonly pending: boolean;
  /** Images that all runs were tested on; null where they differ or nothing says. */
  readonly testImages: number | null;
  /** Test error of always answering the most frequent class, where classes are uneven; else null. */
  readonly majorityError: number | null;
  readonly variants: readonly VariantComparison[];
}

export interface ComparisonAsked {
  /** In place of what the sweeps' files say: a variant, `<sweep>/<variant>` where there are several sweeps. */
  readonly baseline?: string | undefined;
  readonly metric?: string | undefined;
}

/**
 * Compares what has finished so far. Each variant is compared with the baseline of its own sweep, or all with the one asked
 * for. Throws InputError for a metric or baseline there is not.
 */
export function compareSweeps(sweeps: readonly SweepTables[], asked: ComparisonAsked): Comparison {
  const metric = metricOf(asked.metric ?? sweeps[0]?.asked.metric ?? "test_error");
  const variants = comparableVariants(sweeps, { metric, baseline: asked.baseline });
  const runs = variants.flatMap((one) => one.runs);
  const comparisons = variants.filter(({ uncompared }) => !uncompared).length;
  return {
    metric,
    comparisons,
    pending: runs.some(({ status }) => !RUN_STATUSES[status].isOver),
    testImages: onlyOf(runs.map(({ testImages }) => testImages)),
    majorityError: majorityErrorOf(sweeps.flatMap((sweep) => sweep.runs)),
    variants: withHolm(
      variants.map((one) => compareVariant(one, metric)),
      comparisons,
    ),
  };
}

type Unadjusted = Omit<VariantComparison, "test"> & { readonly test: PairedTest | null };

/** A variant beside its baseline, over the seeds that both have finished. */
function compareVariant(one: ComparableVariant, metric: MetricColumn): Unadjusted {
  const { label, runs, values, base, uncompared } = one;
  const [first] = runs;
  const paired = [...values].flatMap(([seed, value]) => {
    const other = base.values.get(seed);
    return other === undefined || uncompared ? [] : [[seed, value - other] as const];
  });
  const differences = paired.map(([, difference]) => difference);
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
    difference: within(isShare ? [-1, 1] : null, spreadOf(differences)),
    test: signFlipTest(differences),
    values: Object.fromEntries(values),
    differences: Object.fromEntries(paired),
    errorsByClass: meanByClass(runs),
    planned: runs.length,
    failed: runs.filter(({ status }) => status === "failed").length,
  };
}

/** With each p as it is among those of all comparisons that are planned. */
function withHolm(variants: readonly Unadjusted[], comparisons: number): VariantComparison[] {
  const adjusted = holm(
    variants.flatMap(({ test }) => (test ? [test.p] : [])),
    comparisons,
  );
  return variants.map((one) => {
    const { test } = one;
    return { ...one, test: test && { ...test, adjustedP: adjusted.shift() as number } };
  });
}

function metricOf(asked: string): MetricColumn {
  const metric = METRIC_COLUMNS.find((one) => one === asked);
  if (metric !== undefined) return metric;
  throw new InputError(
    `--metric is one of ${METRIC_COLUMNS.join(", ")}; found ${asked}${didYouMean(asked, METRIC_COLUMNS)}`,
  );
}

/** The interval cut where the quantity ends: Student's knows nothing of the ends of a share. */
function within(bounds: readonly [number, number] | null, spread: Spread | null): Spread | null {
  if (!bounds || !spread) return spread;
  const [least, most] = bounds;
  const cut = (value: number) => Math.min(most, Math.max(least, value));
  return { ...spread, interval: [cut(spread.interval[0]), cut(spread.interval[1])] };
}

function onlyOf<T>(values: readonly T[]): T | null {
  return new Set(values).size === 1 ? (values[0] as T) : null;
}

/** Classes are as good as even where the most frequent one has less than half more images than its share. */
function majorityErrorOf(runs: readonly PlannedRun[]): number | null {
  const finished = runs.flatMap(({ result }) => (result ? [result] : []));
  const error = onlyOf(finished.map(({ majority_error }) => majority_error));
  const classes = finished[0]?.test_errors_by_class?.filter((one) => one !== null).length;
  if (error === null || !classes) return null;
  return 1 - error > 1.5 / classes ? error : null;
}

function meanByClass(runs: readonly PlannedRun[]): (number | null)[] | null {
  const lists = runs.flatMap(({ result }) => {
    const shares = result?.test_errors_by_class;
    return shares ? [shares] : [];
  });
  const [first] = lists;
  if (!first || lists.some((list) => list.length !== first.length)) return null;
  return first.map((_, label) => {
    const own = lists.flatMap((list) => list[label] ?? []);
    return own.length === 0 ? null : own.reduce((sum, error) => sum + error, 0) / own.length;
  });
}

/** At 0.05, after Holm. */
export function isSignificant({ test }: VariantComparison): boolean {
  return test !== null && test.adjustedP <= 0.05;
}

/** The one all others are compared with; null where each sweep has its own. */
export function commonBaseline({ variants }: Comparison): string | null {
  const names = new Set(variants.map(({ baseline }) => baseline));
  return names.size === 1 ? ([...names][0] as string) : null;
}
