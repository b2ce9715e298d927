// Comparisons in which seeds are added until they are decided: the pairs that count so far, and what has been decided.

import type { MetricColumn } from "../records/tables.js";
import { confidenceSequence } from "../statistics/confidence-sequence.js";
import { anytimeTest } from "../statistics/evidence.js";
import { type PairedTest, signFlipTest } from "../statistics/sign-flip.js";
import { type Spread, spreadOf } from "../statistics/spread.js";
import { type Decision, decisionsOf, decisionWords, type Outcome } from "../sweep/seeds/decisions.js";
import type { ComparableVariant } from "./comparable-variants.js";
import type { PlannedRun } from "./read-sweep.js";

/** Whether the sweep of a variant chooses the number of its seeds itself. */
export function isAdaptive({ sweep }: Pick<ComparableVariant, "sweep">): boolean {
  return (sweep.asked?.question ?? null) !== null;
}

/** The test of the paired differences of a variant. */
export function testOf(
  one: Pick<ComparableVariant, "sweep">,
): (differences: readonly number[]) => PairedTest | null {
  return isAdaptive(one) ? anytimeTest : signFlipTest;
}

/**
 * Seed and difference from the baseline, for the seeds that both have finished. If seeds are added until the comparison is decided, only
 * those before the first seed that is not over: which runs end first must not decide what is counted.
 */
export function pairsOf(one: ComparableVariant): readonly (readonly [number, number])[] {
  const paired = [...one.values].flatMap(([seed, value]) => {
    const other = one.base.values.get(seed);
    return other === undefined ? [] : [[seed, value - other] as const];
  });
  if (!isAdaptive(one)) return paired;
  const isOpen = ({ seed, status }: PlannedRun) => {
    const base = one.base.runs.find((run) => run.seed === seed)?.status;
    return [status, base].some((each) => each === "pending" || each === "running" || each === "unneeded");
  };
  const first = Math.min(...one.runs.filter(isOpen).map(({ seed }) => seed));
  return paired.filter(([seed]) => seed < first).sort(([a], [b]) => a - b);
}

/** With the confidence sequence instead of Student's interval. */
export function sequentialSpread(differences: readonly number[], alpha: number): Spread | null {
  const spread = spreadOf(differences);
  // All centres are excluded only for differences that are not symmetric around any.
  const interval = confidenceSequence(differences, alpha) ?? [Number.NaN, Number.NaN];
  return spread && { ...spread, interval };
}

export type DecisionInWords = Decision & { readonly words: string };

/** What each sweep has decided of the comparison that its file asks for, by label; null for what is still open. */
export function sweepDecisions(
  variants: readonly ComparableVariant[],
  metric: MetricColumn,
): ReadonlyMap<string, DecisionInWords | null> {
  const sweeps = new Set(variants.map(({ sweep }) => sweep));
  return new Map(
    [...sweeps].flatMap((sweep) => {
      const { question = null } = sweep.asked ?? {};
      const own = variants.filter((one) => one.sweep === sweep && !one.uncompared);
      const [first] = own;
      const isAsked = sweep.asked?.metric === metric && own.every(({ base }) => isOwnBaseline(base));
      if (question === null || !first || !isAsked) return [];
      const outcomesOf = ({ runs, values }: Pick<ComparableVariant, "runs" | "values">) =>
        Array.from({ length: question.atMost }, (_, index): Outcome => {
          const run = runs.find(({ seed }) => seed === index + 1);
          const isMissing = run?.status === "failed" || run?.status === "finished";
          return values.get(index + 1) ?? (isMissing ? null : undefined);
        });
      const series = own.map((one) => ({ variant: one.label, outcomes: outcomesOf(one) }));
      const decisions = decisionsOf(question, outcomesOf(first.base), series);
      return own.map(({ label }) => {
        const decision = decisions.get(label);
        if (!decision) return [label, null] as const;
        const where = sweeps.size > 1 ? "in its own sweep, " : "";
        return [label, { ...decision, words: `${where}${decisionWords(decision, question)}` }] as const;
      });
    }),
  );
}

/** Whether a baseline is the one that its sweep asks for. */
function isOwnBaseline({ sweep, runs: [first] }: ComparableVariant["base"]): boolean {
  const asked = sweep.asked?.baseline ?? sweep.runs[0]?.variant;
  return first.variant === asked;
}
