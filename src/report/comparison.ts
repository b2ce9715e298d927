// The runs of one sweep, or of several -> for each variant the mean and spread of a metric over seeds, and its difference to
// the baseline, seed by seed.

import { didYouMean } from "../config/suggest.js";
import { InputError } from "../diagnostic.js";
import { METRIC_COLUMNS } from "../records/columns.js";
import type { PlannedRun, SweepTables } from "./read-sweep.js";
import { holm, type PairedTest, type Spread, signFlipTest, spreadOf } from "./statistics.js";

export interface VariantComparison {
  /** `<sweep>/<variant>` where several sweeps are compared. */
  readonly variant: string;
  /** What it is compared with; its own name for a baseline. */
  readonly baseline: string;
  readonly axes: string;
  /** As in plan.csv: what it was made to cost. */
  readonly match: string;
  readonly params: number;
  readonly macs: number;
  /** Of a run. */
  readonly seconds: Spread | null;
  readonly metric: Spread | null;
  /** Of this variant minus the baseline, over the seeds that both have finished; null for a baseline itself. */
  readonly difference: Spread | null;
  /** The sign-flip test of that difference; its p among those of all variants by Holm. */
  readonly test: (PairedTest & { readonly adjustedP: number }) | null;
  /** The metric of each run that has finished, by seed. */
  readonly values: Readonly<Record<string, number>>;
  /** Runs of this variant that are planned, and those that failed. */
  readonly planned: number;
  readonly failed: number;
}

export interface Comparison {
  readonly metric: string;
  readonly variants: readonly VariantComparison[];
}

export interface ComparisonAsked {
  /** In place of what the sweeps' files say: a variant, `<sweep>/<variant>` where there are several sweeps. */
  readonly baseline?: string | undefined;
  readonly metric?: string | undefined;
}

/**
 * Compares what has finished so far. Each variant is compared with the baseline of its own sweep, or all with the one asked
 * for. Throws InputError for a metric or baseline there is not, and for a baseline that saw other data.
 */
export function compareSweeps(sweeps: readonly SweepTables[], asked: ComparisonAsked): Comparison {
  const metric = asked.metric ?? sweeps[0]?.asked.metric ?? "test_error";
  if (!(METRIC_COLUMNS as readonly string[]).includes(metric))
    throw new InputError(
      `--metric is one of ${METRIC_COLUMNS.join(", ")}; found ${metric}${didYouMean(metric, METRIC_COLUMNS)}`,
    );
  const variants = variantLabels(sweeps).map(({ sweep, variant, label }) => {
    const runs = sweep.runs.filter((run) => run.variant === variant);
    return { sweep, label, runs, values: valuesOf(runs, metric) };
  });
  const labels = variants.map(({ label }) => label);
  if (asked.baseline !== undefined && !labels.includes(asked.baseline))
    throw new InputError(
      `--baseline: no variant is called ${asked.baseline}${didYouMean(asked.baseline, labels) || `; there are ${labels.join(", ")}`}`,
    );
  const compared = variants.map(({ sweep, label, runs, values }) => {
    const own = variants.filter((other) => other.sweep === sweep).map(({ label }) => label);
    const baseline = asked.baseline ?? own.find((name) => name === labelOf(sweep, sweeps)) ?? own[0] ?? "";
    const base = variants.find(({ label }) => label === baseline);
    if (base && base.sweep.dataset !== sweep.dataset && base.values.size > 0 && values.size > 0)
      throw new InputError(
        `--baseline: ${baseline} and ${label} were trained on different data: their runs cannot be paired`,
      );
    const paired = [...values].flatMap(([seed, value]) => {
      const other = base?.values.get(seed);
      return other === undefined ? [] : [value - other];
    });
    const [first] = runs as [PlannedRun];
    const isBaseline = label === baseline;
    return {
      variant: label,
      baseline,
      axes: first.axes,
      match: first.match,
      params: first.params,
      macs: first.macs,
      seconds: spreadOf([...valuesOf(runs, "seconds").values()]),
      metric: spreadOf([...values.values()]),
      difference: isBaseline ? null : spreadOf(paired),
      test: isBaseline ? null : signFlipTest(paired),
      values: Object.fromEntries(values),
      planned: runs.length,
      failed: runs.filter(({ status }) => status === "failed").length,
    };
  });
  const adjusted = holm(compared.flatMap(({ test }) => (test ? [test.p] : [])));
  return {
    metric,
    variants: compared.map((one): VariantComparison => {
      const { test } = one;
      return { ...one, test: test && { ...test, adjustedP: adjusted.shift() as number } };
    }),
  };
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
function valuesOf(runs: readonly PlannedRun[], column: string): Map<string, number> {
  return new Map(
    runs.flatMap(({ seed, result }) => {
      const text = result?.[column] ?? "";
      const value = text === "" ? Number.NaN : Number(text);
      return Number.isNaN(value) ? [] : [[seed, value] as const];
    }),
  );
}
