// squeezebox compare: the table of a sweep, from its CSV files.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readSource } from "../config/source.js";
import { didYouMean } from "../config/suggest.js";
import { InputError } from "../diagnostic.js";
import { METRIC_COLUMNS } from "../records/columns.js";
import { type Comparison, compareSweep, plannedVariants } from "../report/comparison.js";
import { formatComparison } from "../report/comparison-table.js";
import { sentencesOf } from "../report/sentences.js";
import { print, printJson } from "./output.js";

export interface CompareFlags {
  readonly json: boolean;
  readonly baseline?: string;
  readonly metric?: string;
}

export async function compare(folder: string, flags: CompareFlags): Promise<number> {
  const comparison = comparisonOf(folder, flags);
  if (flags.json) printJson({ ...comparison, sentences: sentencesOf(comparison) });
  else print([formatComparison(comparison), "", ...sentencesOf(comparison)].join("\n"));
  return 0;
}

/** By the flags, else as the sweep's file asks. Throws InputError. */
export function comparisonOf(folder: string, flags: CompareFlags): Comparison {
  const asked = comparisonIn(folder);
  const metric = flags.metric ?? asked.metric ?? "test_error";
  if (!(METRIC_COLUMNS as readonly string[]).includes(metric))
    throw new InputError(
      `--metric is one of ${METRIC_COLUMNS.join(", ")}; found ${metric}${didYouMean(metric, METRIC_COLUMNS)}`,
    );
  const variants = plannedVariants(folder);
  const baseline = flags.baseline ?? asked.baseline ?? variants[0] ?? "";
  if (flags.baseline !== undefined && !variants.includes(baseline))
    throw new InputError(
      `--baseline: no variant of ${folder} is called ${baseline}${didYouMean(baseline, variants)}`,
    );
  return compareSweep(folder, { baseline, metric });
}

/** What the sweep's own file says under `compare`. */
function comparisonIn(folder: string): { baseline?: string; metric?: string } {
  const file = join(folder, "sweep.yaml");
  if (!existsSync(file)) return {};
  const { value } = readSource(file);
  return (value as { compare?: { baseline?: string; metric?: string } } | null)?.compare ?? {};
}
