// The runs of one sweep, or of several -> for each variant the mean and spread of a metric over seeds, and its difference to
// the baseline, seed by seed.

import { didYouMean } from "../config/suggest.js";
import { InputError } from "../diagnostic.js";
import { RUN_STATUSES } from "../records/run-status.js";
import { METRIC_COLUMNS, type MetricColumn } from "../records/tables.js";
import type { AxisValues, Match } from "../records/variant-cells.js";
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

/** It is a baseline; its runs are those of another variant; it saw other data than its baseline. */
export type Uncompared =
  | { readonly kind: "baseline" }
  | { readonly kind: "same-network"; readonly as: string }
  | { readonly kind: "other-data"; readonly than: string };

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
  const variants = variantLabels(sweeps).map(({ sweep, variant, label }) => {
    const runs = sweep.runs.filter((run) => run.variant === variant);
    return { sweep, label, runs, values: valuesOf(runs, metric) };
  });
  const isShare = metric.includes("error");
  const labels = variants.map(({ label }) => label);
  if (asked.baseline !== undefined && !labels.includes(asked.baseline))
    throw new InputError(
      `--baseline: no variant is called ${asked.baseline}${didYouMean(asked.baseline, labels) || `; there are ${labels.join(", ")}`}`,
    );
  const based = variants.map((one) => {
    const own = variants.filter(({ sweep }) => sweep === one.sweep);
    const base =
      variants.find(({ label }) => label === asked.baseline) ??
      own.find(({ label }) => label === labelOf(one.sweep, sweeps)) ??
      (own[0] as LabelledVariant);
    return { ...one, base };
  });
  const compared = based.map((one) => {
    const { label, runs, values, base } = one;
    const uncompared = whyNot(one, based);
    const paired = [...values].flatMap(([seed, value]) => {
      const other = base.values.get(seed);
      return other === undefined || uncompared ? [] : [[seed, value - other] as const];
    });
    const differences = paired.map(([, difference]) => difference);
    const [first] = runs as [PlannedRun];
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
  });
  const comparisons = compared.filter(({ uncompared }) => !uncompared).length;
  const adjusted = holm(
    compared.flatMap(({ test }) => (test ? [test.p] : [])),
    comparisons,
  );
  return {
    metric,
    comparisons,
    pending: variants.some(({ runs }) => runs.some(({ status }) => !RUN_STATUSES[status].isOver)),
    testImages: onlyOf(sweeps.flatMap(({ runs }) => runs.map(({ testImages }) => testImages))),
    majorityError: majorityErrorOf(sweeps.flatMap(({ runs }) => runs)),
    variants: compared.map((one): VariantComparison => {
      const { test } = one;
      return { ...one, test: test && { ...test, adjustedP: adjusted.shift() as number } };
    }),
  };
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

interface LabelledVariant {
  readonly sweep: SweepTables;
  readonly label: string;
  readonly runs: readonly PlannedRun[];
  readonly values: ReadonlyMap<number, number>;
}

type BasedVariant = LabelledVariant & { readonly base: LabelledVariant };

/** Of variants that are one network the one with most runs is compared. */
function whyNot(one: BasedVariant, all: readonly BasedVariant[]): Uncompared | null {
  const { base } = one;
  if (one.label === base.label) return { kind: "baseline" };
  if (areSame(one, base)) return { kind: "same-network", as: base.label };
  const same = all.filter((other) => other.base === base && areSame(one, other));
  const most = Math.max(...same.map(({ runs }) => runs.length));
  const first = same.find(({ runs }) => runs.length === most);
  if (first && first !== one) return { kind: "same-network", as: first.label };
  // A sweep that varies its data asks for that comparison; of two sweeps nothing says that their seeds go together.
  const [own, other] = [one.runs[0]?.data, base.runs[0]?.data];
  const differs = one.sweep !== base.sweep && own && other && own !== other;
  return differs ? { kind: "other-data", than: base.label } : null;
}

/** Whether two variants are the same runs in every seed that both have. */
function areSame(one: LabelledVariant, other: LabelledVariant): boolean {
  const fingerprints = new Map(other.runs.map(({ seed, fingerprint }) => [seed, fingerprint]));
  const shared = one.runs.filter(({ seed }) => fingerprints.has(seed));
  return (
    shared.length > 0 &&
    shared.every(({ seed, fingerprint }) => fingerprint !== null && fingerprints.get(seed) === fingerprint)
  );
}

/** The one all others are compared with; null where each sweep has its own. */
export function commonBaseline({ variants }: Comparison): string | null {
  const names = new Set(variants.map(({ baseline }) => baseline));
  return names.size === 1 ? ([...names][0] as string) : null;
}

/** In the order of the plans. */
export function variantLabels(sweeps: readonly SweepTables[]) {
  return sweeps.flatMap((sweep) =>
    [...new Set(sweep.runs.map(({ variant }) => variant))].map((variant) => ({
      sweep,
      variant,
      label: labelOf(sweep, sweeps, variant),
    })),
  );
}

/** Of a variant, or of the baseline that the sweep's file names. Folders of one name are told apart by their paths. */
function labelOf(sweep: SweepTables, sweeps: readonly SweepTables[], variant = sweep.asked.baseline): string {
  if (sweeps.length === 1) return variant ?? "";
  const sameName = sweeps.filter(({ name }) => name === sweep.name).length > 1;
  return `${sameName ? sweep.folder : sweep.name}/${variant}`;
}

/** Seed -> value, of the runs that have one. */
function valuesOf(runs: readonly PlannedRun[], column: MetricColumn | "seconds") {
  return new Map(
    runs.flatMap(({ seed, result }) => {
      const value = result?.[column] ?? null;
      return value === null ? [] : [[seed, value] as const];
    }),
  );
}
