// The runs of a stage before a sweep itself -> what its variants have reached.

import { join } from "node:path";
import { readResult } from "../records/run-folder.js";
import type { ExpandedSweep } from "./expand.js";

export interface Measured {
  /** The number of runs that have finished, and of those that have failed. */
  readonly runs: number;
  readonly failed: number;
  /** The mean of the metric over the runs that have finished; NaN if none has. */
  readonly mean: number;
}

export interface Read {
  readonly folder: string;
  /** Names of runs. */
  readonly failed: ReadonlySet<string>;
}

/** In the order of the variants. Null if some run is not over. */
export function measuredVariants(
  { variants, runs: all }: Pick<ExpandedSweep, "variants" | "runs">,
  by: "validation_error" | "validation_loss",
  { folder, failed }: Read,
): Measured[] | null {
  const measured = variants.map((variant) => {
    const runs = all.filter((run) => run.variant === variant);
    const found = runs.flatMap(({ name, fingerprint }) => {
      const result = readResult(join(folder, name));
      return result?.fingerprint === fingerprint ? [result[by]] : [];
    });
    return {
      runs: found.length,
      failed: runs.filter(({ name }) => failed.has(name)).length,
      planned: runs.length,
      mean: found.reduce((sum, value) => sum + value, 0) / found.length,
    };
  });
  return measured.every(({ runs, failed: lost, planned }) => runs + lost === planned)
    ? measured.map(({ planned: _, ...one }) => one)
    : null;
}
