// The files of a sweep's runs -> which of its runs are still needed.

import { join } from "node:path";
import { readResult } from "../../records/run-folder.js";
import type { MetricColumn } from "../../records/tables.js";
import type { Outcome } from "../seeds/decisions.js";
import { type Needs, needsOf, type RunKey, type SeedPlan } from "../seeds/seed-plan.js";
import type { Signs } from "./signs.js";

type Ends = Pick<Signs, "finished" | "failed">;

/** Tells what is needed at the moment. Nothing is computed unless an outcome has been added. */
export type NeedsReader = (plan: SeedPlan, signs: Ends) => Needs;

export function needsReader(sweepFolder: string): NeedsReader {
  let read: ReturnType<typeof outcomeReader> | null = null;
  let last: { readonly key: string; readonly plan: SeedPlan; readonly needs: Needs } | null = null;
  return (plan, signs) => {
    read ??= outcomeReader(sweepFolder, plan.metric);
    const outcomeOf = read(signs);
    const runs = [...plan.baseline, ...plan.compared.flatMap((one) => one.runs)];
    const key = JSON.stringify(runs.map((run) => outcomeOf(run) ?? String(outcomeOf(run))));
    if (last?.plan !== plan || last.key !== key) last = { key, plan, needs: needsOf(plan, outcomeOf) };
    return last.needs;
  };
}

/** Returns a function from signs to the outcome of a run. A result is read once. */
export function outcomeReader(
  sweepFolder: string,
  metric: MetricColumn,
): (signs: Ends) => (run: RunKey) => Outcome {
  const values = new Map<string, number | null>();
  const looked = new Set<string>();
  return ({ finished, failed }) =>
    ({ name, fingerprint }) => {
      // A result that was there before anybody could give a sign is found by the first look.
      if (!values.has(fingerprint) && (finished.has(fingerprint) || !looked.has(fingerprint))) {
        looked.add(fingerprint);
        const result = readResult(join(sweepFolder, name));
        if (result?.fingerprint === fingerprint) values.set(fingerprint, result[metric]);
      }
      return (
        values.get(fingerprint) ?? (values.has(fingerprint) || failed.has(fingerprint) ? null : undefined)
      );
    };
}
