// The rows of a sweep's summary -> for each variant the mean and spread of a metric over seeds, and its difference to
// the baseline, seed by seed. From the CSV files alone.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { readCsv } from "../records/csv.js";
import { holm, type PairedTest, type Spread, signFlipTest, spreadOf } from "./statistics.js";

export interface VariantComparison {
  readonly variant: string;
  readonly axes: string;
  readonly params: number;
  readonly macs: number;
  readonly metric: Spread | null;
  /** Of this variant minus the baseline, over the seeds that both have finished; null for the baseline itself. */
  readonly difference: Spread | null;
  /** The sign-flip test of that difference; its p among those of all variants by Holm. */
  readonly test: (PairedTest & { readonly adjustedP: number }) | null;
  /** Runs of this variant that are planned. */
  readonly planned: number;
}

export interface Comparison {
  readonly metric: string;
  readonly baseline: string;
  readonly variants: readonly VariantComparison[];
}

type TableRow = Readonly<Record<string, string>>;

/** Compares what has finished so far. Throws InputError where the folder holds no sweep. */
export function compareSweep(
  folder: string,
  { baseline, metric }: { baseline: string; metric: string },
): Comparison {
  const plan = readTable(folder, "plan.csv");
  const summary = readTable(folder, "summary.csv");
  const names = [...new Set(plan.map(({ variant }) => variant as string))];
  const valuesOf = (variant: string) =>
    new Map(
      summary
        .filter((row) => row.variant === variant)
        .map((row) => [row.seed as string, Number(row[metric])]),
    );
  const base = valuesOf(baseline);
  const compared = names.map((variant) => {
    const rows = plan.filter((row) => row.variant === variant);
    const values = valuesOf(variant);
    const paired = [...values].flatMap(([seed, value]) =>
      base.has(seed) ? [value - (base.get(seed) as number)] : [],
    );
    const [first] = rows as [TableRow];
    const isBaseline = variant === baseline;
    return {
      variant,
      axes: first.axes ?? "",
      params: Number(first.params),
      macs: Number(first.macs),
      metric: spreadOf([...values.values()]),
      difference: isBaseline ? null : spreadOf(paired),
      test: isBaseline ? null : signFlipTest(paired),
      planned: rows.length,
    };
  });
  const adjusted = holm(compared.flatMap(({ test }) => (test ? [test.p] : [])));
  const variants = compared.map((one): VariantComparison => {
    const { test } = one;
    return { ...one, test: test && { ...test, adjustedP: adjusted.shift() as number } };
  });
  return { metric, baseline, variants };
}

/** Names of the variants, in the order of the plan. Throws InputError where the folder holds no sweep. */
export function plannedVariants(folder: string): string[] {
  return [...new Set(readTable(folder, "plan.csv").map(({ variant }) => variant as string))];
}

function readTable(folder: string, name: string): TableRow[] {
  const file = join(folder, name);
  if (!existsSync(file)) throw new InputError(`${folder} is no folder of a sweep: it has no ${name}`);
  try {
    return readCsv(file) ?? [];
  } catch (cause) {
    throw new InputError(`${file} is damaged: ${(cause as Error).message}`, { cause });
  }
}
