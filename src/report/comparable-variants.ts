// The runs of sweeps -> their variants, each with the variant it is compared with or the reason why it is not compared.

import { InputError } from "../diagnostic.js";
import type { MetricColumn } from "../records/tables.js";
import { didYouMean } from "../suggest.js";
import type { PlannedRun, SweepTables } from "./read-sweep.js";

/** The variant is a baseline, was stopped early, has the same runs as another variant, or used different data than its baseline. */
export type Uncompared =
  | { readonly kind: "baseline" }
  | { readonly kind: "stopped"; readonly reason: string }
  | { readonly kind: "same-network"; readonly as: string }
  | { readonly kind: "other-data"; readonly than: string };

export interface LabelledVariant {
  readonly sweep: SweepTables;
  /** The name of the variant; `<sweep>/<variant>` if there are several sweeps. */
  readonly label: string;
  readonly runs: readonly [PlannedRun, ...PlannedRun[]];
  /** Seed -> metric, for the runs that have a value. */
  readonly values: ReadonlyMap<number, number>;
}

interface BasedVariant extends LabelledVariant {
  readonly base: LabelledVariant;
}

export interface ComparableVariant extends BasedVariant {
  readonly uncompared: Uncompared | null;
}

/** All variants in the order of the plans. Throws InputError if no variant has the name `baseline`. */
export function comparableVariants(
  sweeps: readonly SweepTables[],
  { metric, baseline }: { metric: MetricColumn; baseline: string | undefined },
): ComparableVariant[] {
  const variants = variantLabels(sweeps).map(
    // Runs of a variant that was stopped are never averaged, though some may have finished before.
    (one): LabelledVariant => ({ ...one, values: stoppedRun(one) ? new Map() : valuesOf(one.runs, metric) }),
  );
  const labels = variants.map(({ label }) => label);
  if (baseline !== undefined && !labels.includes(baseline))
    throw new InputError(
      `--baseline: there is no variant ${baseline}${didYouMean(baseline, labels) || `; the variants are ${labels.join(", ")}`}`,
    );
  const based = variants.map((one): BasedVariant => {
    const own = variants.filter(({ sweep }) => sweep === one.sweep);
    const base =
      variants.find(({ label }) => label === baseline) ??
      own.find(({ label }) => label === labelOf(one.sweep, sweeps)) ??
      own[0] ??
      one;
    return { ...one, base };
  });
  return based.map((one) => ({ ...one, uncompared: whyNot(one, based) }));
}

function stoppedRun({ runs }: Pick<LabelledVariant, "runs">): PlannedRun | undefined {
  return runs.find(({ status }) => status === "stopped");
}

/** Of several variants with the same network, only the one with the most runs is compared. */
function whyNot(one: BasedVariant, all: readonly BasedVariant[]): Uncompared | null {
  const { base } = one;
  if (one.label === base.label) return { kind: "baseline" };
  const stopped = stoppedRun(one);
  if (stopped) return { kind: "stopped", reason: stopped.reason };
  if (areSame(one, base)) return { kind: "same-network", as: base.label };
  const same = all.filter((other) => other.base === base && areSame(one, other));
  const most = Math.max(...same.map(({ runs }) => runs.length));
  const first = same.find(({ runs }) => runs.length === most);
  if (first && first !== one) return { kind: "same-network", as: first.label };
  // Different data within one sweep is intended. Between two sweeps, runs with the same seed are not pairs.
  const [own, other] = [one.runs[0].data, base.runs[0].data];
  const differs = one.sweep !== base.sweep && own && other && own !== other;
  return differs ? { kind: "other-data", than: base.label } : null;
}

/** Whether two variants share at least one seed and have the same fingerprint for every shared seed. */
function areSame(one: LabelledVariant, other: LabelledVariant): boolean {
  const fingerprints = new Map(other.runs.map(({ seed, fingerprint }) => [seed, fingerprint]));
  const shared = one.runs.filter(({ seed }) => fingerprints.has(seed));
  return (
    shared.length > 0 &&
    shared.every(({ seed, fingerprint }) => fingerprint !== null && fingerprints.get(seed) === fingerprint)
  );
}

/** All variants with their runs, in the order of the plans. */
export function variantLabels(sweeps: readonly SweepTables[]) {
  return sweeps.flatMap((sweep) =>
    [...new Set(sweep.runs.map(({ variant }) => variant))].flatMap((variant) => {
      const [first, ...more] = sweep.runs.filter((run) => run.variant === variant);
      if (!first) return [];
      const runs: LabelledVariant["runs"] = [first, ...more];
      return [{ sweep, label: labelOf(sweep, sweeps, variant), runs }];
    }),
  );
}

/** The label of a variant, by default of the baseline in the sweep's file. Sweeps with equal names are identified by their paths. */
function labelOf(
  sweep: SweepTables,
  sweeps: readonly SweepTables[],
  variant = sweep.asked?.baseline,
): string {
  if (sweeps.length === 1) return variant ?? "";
  const sameName = sweeps.filter(({ name }) => name === sweep.name).length > 1;
  return `${sameName ? sweep.folder : sweep.name}/${variant}`;
}

/** Seed -> value, for the runs that have a value. */
export function valuesOf(runs: readonly PlannedRun[], column: MetricColumn | "seconds") {
  return new Map(
    runs.flatMap(({ seed, result }) => {
      const value = result?.[column] ?? null;
      return value === null ? [] : [[seed, value] as const];
    }),
  );
}
