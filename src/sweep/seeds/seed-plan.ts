// A sweep that chooses the number of its seeds itself -> which of its runs are needed, given the outcomes so far.

import type { Question } from "../../config/sweep-spec.js";
import type { MetricColumn } from "../../records/tables.js";
import type { ExpandedSweep } from "../expand.js";
import type { Run, Variant } from "../variant.js";
import { type Decision, decisionsOf, decisionWords, type Outcome } from "./decisions.js";

/** What it takes to find a run and to know it again. */
export type RunKey = Pick<Run, "name" | "fingerprint">;

/** The runs that are compared, by seed. It is written to a file for workers. */
export interface SeedPlan {
  readonly question: Question;
  readonly metric: MetricColumn;
  readonly baseline: readonly RunKey[];
  /** Every different network once. */
  readonly compared: readonly { readonly variant: string; readonly runs: readonly RunKey[] }[];
}

/** Null for a sweep that needs all of its runs. */
export function seedPlanOf({
  question,
  metric,
  baseline,
  variants,
  runs,
}: Pick<ExpandedSweep, "question" | "metric" | "baseline" | "variants" | "runs">): SeedPlan | null {
  if (question === null) return null;
  const keysOf = ({ name }: Pick<Variant, "name">) =>
    runs
      .filter(({ variant, seed }) => variant.name === name && seed >= 1 && seed <= question.atMost)
      .sort((a, b) => a.seed - b.seed)
      .map(({ name: run, fingerprint }) => ({ name: run, fingerprint }));
  const all = variants.map((variant) => ({ variant: variant.name, runs: keysOf(variant) }));
  const base = all.find(({ variant }) => variant === baseline)?.runs ?? [];
  const known = new Set([base[0]?.fingerprint]);
  const compared = all.filter(({ runs: [first] }) => {
    const isNew = !known.has(first?.fingerprint);
    known.add(first?.fingerprint);
    return isNew;
  });
  return { question, metric, baseline: base, compared };
}

export interface Needs {
  /** By variant. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** The fingerprints of runs without which everything is decided, and why. Some of them may be over nevertheless. */
  readonly unneeded: ReadonlyMap<string, string>;
}

/** The baseline is needed as long as any variant is. */
export function needsOf(
  { question, baseline, compared }: SeedPlan,
  outcomeOf: (run: RunKey) => Outcome,
): Needs {
  const decisions = decisionsOf(
    question,
    baseline.map(outcomeOf),
    compared.map(({ variant, runs }) => ({ variant, outcomes: runs.map(outcomeOf) })),
  );
  const unneeded = new Map<string, string>();
  const leaveOut = (runs: readonly RunKey[], reason: string) => {
    for (const { fingerprint } of runs) unneeded.set(fingerprint, reason);
  };
  for (const { variant, runs } of compared) {
    const decision = decisions.get(variant);
    if (decision) leaveOut(runs.slice(decision.seeds), decisionWords(decision, question));
  }
  if (decisions.size === compared.length) {
    const last = Math.max(...[...decisions.values()].map(({ seeds }) => seeds));
    leaveOut(baseline.slice(last), `no comparison needs more than ${last} seeds`);
  }
  return { decisions, unneeded };
}
