// The part of `squeezebox plan` on sweeps that choose the number of their seeds themselves: how many they may take.

import { formatCount, formatDuration, formatLarge, formatTable } from "../format.js";
import { estimateSeconds } from "../sweep/estimate.js";
import type { ExpandedSweep } from "../sweep/expand.js";
import { expectedSeeds, foreseenSeeds, type SeedOutlook } from "../sweep/seed-outlook.js";
import { needsOf, type SeedPlan } from "../sweep/seed-plan.js";
import type { Run } from "../sweep/variant.js";
import { outcomeReader } from "../sweep/work/needs.js";
import { lineWidth } from "./output.js";

export interface SeedsPlan {
  /** For programs. */
  readonly record: object;
  /** A table of the variants, and what to expect. */
  readonly text: string;
}

interface Costs {
  readonly folder: string;
  readonly jobs: number;
  readonly macsPerSecond: number;
}

export function planSeeds(
  sweep: ExpandedSweep,
  plan: SeedPlan,
  { folder, jobs, macsPerSecond }: Costs,
): SeedsPlan {
  const outcomeOf = outcomeReader(folder, plan.metric)({ finished: new Set(), failed: new Set() });
  const { decisions, unneeded } = needsOf(plan, outcomeOf);
  const isFinished = (run: Run) => outcomeOf(run) !== undefined;
  const secondsOf = (run: Run) => estimateSeconds(run, macsPerSecond);
  const left = sweep.runs.filter((run) => !isFinished(run) && !unneeded.has(run.fingerprint));
  const most = left.reduce((sum, run) => sum + secondsOf(run), 0) / jobs;
  const foreseen = foreseenSeeds(plan, outcomeOf);
  const known = [...foreseen.values()].filter((one) => one !== null);
  const expected = known.length > 0 || left.length === 0 ? [] : expectedSeeds(plan, sweep.effect);
  /** With as many seeds for each comparison as `means` says, and as many for the baseline as any takes. */
  const costOf = (means: ReadonlyMap<string, number>) => {
    const longest = Math.max(0, ...means.values());
    const needed = left.filter((run) => {
      const seeds = means.get(run.variant.name) ?? (run.variant.name === sweep.baseline ? longest : 0);
      return run.seed <= Math.round(seeds);
    });
    const seconds = needed.reduce((sum, run) => sum + secondsOf(run), 0) / jobs;
    return { runs: needed.length, seconds };
  };
  const all = (mean: number) => new Map(plan.compared.map(({ variant }) => [variant, mean]));
  const fromRuns = new Map(
    [...foreseen].flatMap(([variant, one]) => (one ? [[variant, one.mean] as const] : [])),
  );
  const cost = known.length > 0 ? costOf(fromRuns) : null;
  const rows = sweep.variants.map((variant) => {
    const own = sweep.runs.filter((run) => run.variant === variant);
    const decision = decisions.get(variant.name);
    const isCompared = plan.compared.some((one) => one.variant === variant.name);
    return [
      variant.name,
      formatCount(variant.complexity.params.trainable),
      formatLarge(variant.complexity.macs),
      formatDuration(secondsOf(own[0] as Run)),
      String(own.filter(isFinished).length),
      decision ? `${decision.verdict} after ${decision.seeds} seeds` : isCompared ? "open" : "",
    ];
  });
  return {
    record: {
      atMost: { runs: left.length, seconds: most },
      decisions: Object.fromEntries(decisions),
      foreseen: Object.fromEntries(foreseen),
      expected: expected.map((one) => ({ ...one, ...costOf(all(one.mean)) })),
    },
    text: [
      formatTable(["variant", "parameters", "MACs", "a run", "finished", "comparison"], rows, {
        right: [1, 2, 3, 4],
        width: lineWidth(),
      }),
      "",
      left.length === 0
        ? "everything is decided: nothing to train"
        : `at most ${left.length} runs to train: ${formatDuration(most)} with ${jobs} at a time`,
      ...[...foreseen].map(([variant, one]) =>
        one ? `${variant}: ${seedsWords(one, plan)}, to judge by ${one.finished} finished seeds` : "",
      ),
      ...(cost && left.length > 0 ? [`expected: ${cost.runs} runs, ${formatDuration(cost.seconds)}`] : []),
      ...expected.map((one) => {
        const { runs, seconds } = costOf(all(one.mean));
        return `for an effect of ${one.effect} standard deviation${one.effect === 1 ? "" : "s"}: ${seedsWords(one, plan)}; about ${runs} runs, ${formatDuration(seconds)}`;
      }),
    ]
      .filter((line, index) => line !== "" || index === 1)
      .join("\n"),
  };
}

/** Such as `about 11 seeds (7 to 25)`. */
function seedsWords(
  { quantiles: [low, middle, high], undecided }: SeedOutlook,
  { question }: SeedPlan,
): string {
  const open =
    undecided >= 0.05
      ? `, undecided after ${question.atMost} in ${Math.round(100 * undecided)} % of cases`
      : "";
  const until = Number.isFinite(high) ? String(high) : `more than ${question.atMost}`;
  const range = Number.isFinite(low) ? ` (${low} to ${until})` : "";
  return Number.isFinite(middle)
    ? `about ${middle} seeds${range}${open}`
    : `more than ${question.atMost} seeds${range}${open}`;
}
