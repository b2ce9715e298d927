// The runs of sweeps -> their variants, each with the one it is compared with, or why it is not.

import { didYouMean } from "../config/suggest.js";
import { InputError } from "../diagnostic.js";
import type { MetricColumn } from "../records/tables.js";
import type { PlannedRun, SweepTables } from "./read-sweep.js";

/** It is a baseline; its runs are those of another variant; it saw other data than its baseline. */
export type Uncompared =
  | { readonly kind: "baseline" }
  | { readonly kind: "same-network"; readonly as: string }
  | { readonly kind: "other-data"; readonly than: string };

interface LabelledVariant {
  readonly sweep: SweepTables;
  /** Its name; `<sweep>/<variant>` where there are several sweeps. */
  readonly label: string;
  readonly runs: readonly [PlannedRun, ...PlannedRun[]];
  /** The metric by seed, of the runs that have one. */
  readonly values: ReadonlyMap<number, number>;
}

interface BasedVariant extends LabelledVariant {
  readonly base: LabelledVariant;
}

export interface ComparableVariant extends BasedVariant {
  readonly uncompared: Uncompared | null;
}

/** In the order of the plans. Throws InputError for a baseline there is not. */
export function comparableVariants(
  sweeps: readonly SweepTables[],
  { metric, baseline }: { metric: MetricColumn; baseline: string | undefined },
): ComparableVariant[] {
  const variants = variantLabels(sweeps).map(
    (one): LabelledVariant => ({ ...one, values: valuesOf(one.runs, metric) }),
  );
  const labels = variants.map(({ label }) => label);
  if (baseline !== undefined && !labels.includes(baseline))
    throw new InputError(
      `--baseline: no variant is called ${baseline}${didYouMean(baseline, labels) || `; there are ${labels.join(", ")}`}`,
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
  const [own, other] = [one.runs[0].data, base.runs[0].data];
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

/** In the order of the plans. */
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

/** Of a variant, or of the baseline that the sweep's file names. Folders of one name are told apart by their paths. */
function labelOf(sweep: SweepTables, sweeps: readonly SweepTables[], variant = sweep.asked.baseline): string {
  if (sweeps.length === 1) return variant ?? "";
  const sameName = sweeps.filter(({ name }) => name === sweep.name).length > 1;
  return `${sameName ? sweep.folder : sweep.name}/${variant}`;
}

/** Seed -> value, of the runs that have one. */
export function valuesOf(runs: readonly PlannedRun[], column: MetricColumn | "seconds") {
  return new Map(
    runs.flatMap(({ seed, result }) => {
      const value = result?.[column] ?? null;
      return value === null ? [] : [[seed, value] as const];
    }),
  );
}
