// The part of `squeezebox plan` on sweeps that choose the number of their seeds themselves: how many they may take.

import { join } from "node:path";
import { formatCount, formatDuration, formatLarge, formatTable } from "../format.js";
import { readResult } from "../records/run-folder.js";
import { PLAN_COLUMNS } from "../records/tables.js";
import { readTable } from "../report/read-sweep.js";
import { estimateSeconds } from "../sweep/estimate.js";
import type { ExpandedSweep } from "../sweep/expand.js";
import type { Outcome } from "../sweep/seeds/decisions.js";
import { expectedSeeds, foreseenSeeds, type SeedOutlook } from "../sweep/seeds/seed-outlook.js";
import { type Needs, needsOf, type RunKey, type SeedPlan } from "../sweep/seeds/seed-plan.js";
import type { Run } from "../sweep/variant.js";
import { outcomeReader } from "../sweep/work/needs.js";
import { lineWidth, wrapped } from "./output.js";

export interface SeedsPlan {
  /** For programs. */
  readonly record: object;
  /** A table of the variants, and what to expect. */
  readonly text: string;
}

interface Surroundings {
  /** The folder of the sweep. */
  readonly folder: string;
  /** Fingerprint -> folder of runs that have finished anywhere. */
  readonly finished: ReadonlyMap<string, string>;
  readonly jobs: number;
  readonly macsPerSecond: number;
}

export function planSeeds(sweep: ExpandedSweep, plan: SeedPlan, around: Surroundings): SeedsPlan {
  const outcomeOf = outcomesIn(plan, around);
  const needs = needsOf(plan, outcomeOf);
  const secondsOf = (run: Run) => estimateSeconds(run, around.macsPerSecond) / around.jobs;
  const left = once(
    sweep.runs.filter((run) => outcomeOf(run) === undefined && !needs.unneeded.has(run.fingerprint)),
  );
  const costOf = (runs: readonly Run[]) => ({
    runs: runs.length,
    seconds: runs.reduce((sum, run) => sum + secondsOf(run), 0),
  });
  /** If comparisons take as many seeds as `seedsOf` says, and the baseline as many as any of them. */
  const costFor = (seedsOf: (variant: string) => number) => {
    const most = Math.max(0, ...plan.compared.map(({ variant }) => seedsOf(variant)));
    return costOf(
      left.filter(
        ({ variant: { name }, seed }) => seed <= Math.round(name === sweep.baseline ? most : seedsOf(name)),
      ),
    );
  };
  // When an interval will be narrow enough cannot be told from the evidence.
  const canForesee = left.length > 0 && plan.question.width === null;
  const foreseen = canForesee
    ? foreseenSeeds(plan, { decisions: needs.decisions, outcomeOf })
    : new Map<string, null>();
  const isAnyForeseen = [...foreseen.values()].some((one) => one !== null);
  const expected =
    canForesee && !isAnyForeseen
      ? expectedSeeds(plan, sweep.effect).map((one) => ({ ...one, ...costFor(() => one.mean) }))
      : [];
  const cost = isAnyForeseen
    ? costFor((variant) => foreseen.get(variant)?.mean ?? needs.decisions.get(variant)?.seeds ?? 0)
    : null;
  const most = costOf(left);
  const failed = failedIn(around.folder, left);
  const lines = [
    most.runs === 0
      ? "everything is decided: nothing to train"
      : `at most ${most.runs} runs to train: ${formatDuration(most.seconds)} with ${around.jobs} at a time`,
    ...[...foreseen].flatMap(([variant, one]) =>
      one ? [`${variant}: ${seedsWords(one, plan)}, to judge by ${one.finished} finished seeds`] : [],
    ),
    ...(failed > 0 ? [`${failed} failed ${failed === 1 ? "run" : "runs"} will be tried again`] : []),
    ...(cost
      ? [`expected, if no comparison is given up: ${cost.runs} runs, ${formatDuration(cost.seconds)}`]
      : []),
    ...expected.map(
      (one) =>
        `for an effect of ${one.effect} standard deviation${one.effect === 1 ? "" : "s"}: ${seedsWords(one, plan)}; about ${one.runs} runs, ${formatDuration(one.seconds)}`,
    ),
  ];
  return {
    record: {
      atMost: most,
      decisions: Object.fromEntries(needs.decisions),
      foreseen: Object.fromEntries(foreseen),
      expected,
    },
    text: [variantTable(sweep, { plan, needs, outcomeOf, secondsOf }), "", ...lines.map(wrapped)].join("\n"),
  };
}

/** Results here, and those that `sweep` would copy from elsewhere. */
function outcomesIn({ metric }: SeedPlan, { folder, finished }: Surroundings): (run: RunKey) => Outcome {
  const here = outcomeReader(folder, metric)({ finished: new Set(), failed: new Set() });
  const copied = new Map<string, Outcome>();
  return (run) => {
    const own = here(run);
    const elsewhere = finished.get(run.fingerprint);
    if (own !== undefined || elsewhere === undefined) return own;
    if (!copied.has(elsewhere)) copied.set(elsewhere, readResult(elsewhere)?.[metric] ?? null);
    return copied.get(elsewhere);
  };
}

/** The number of runs that failed the last time. */
function failedIn(folder: string, runs: readonly Run[]): number {
  const fingerprints = new Set(runs.map(({ fingerprint }) => fingerprint));
  const rows = readTable(join(folder, "plan.csv"), PLAN_COLUMNS, []) ?? [];
  return rows.filter(({ status, fingerprint }) => status === "failed" && fingerprints.has(fingerprint ?? ""))
    .length;
}

/** Equal runs are trained once. */
function once(runs: readonly Run[]): Run[] {
  return [...new Map(runs.toReversed().map((run) => [run.fingerprint, run])).values()];
}

interface TableParts {
  readonly plan: SeedPlan;
  readonly needs: Needs;
  readonly outcomeOf: (run: RunKey) => Outcome;
  readonly secondsOf: (run: Run) => number;
}

function variantTable(
  { variants, runs }: ExpandedSweep,
  { plan, needs, outcomeOf, secondsOf }: TableParts,
): string {
  const rows = variants.map((variant) => {
    const own = runs.filter((run) => run.variant === variant);
    const decision = needs.decisions.get(variant.name);
    const isCompared = plan.compared.some((one) => one.variant === variant.name);
    return [
      variant.name,
      formatCount(variant.complexity.params.trainable),
      formatLarge(variant.complexity.macs),
      formatDuration(secondsOf(own[0] as Run)),
      String(own.filter((run) => outcomeOf(run) !== undefined).length),
      decision ? `${decision.verdict} after ${decision.seeds} seeds` : isCompared ? "open" : "",
    ];
  });
  const head = ["variant", "parameters", "MACs", "a run", "finished", "comparison"];
  return formatTable(head, rows, { right: [1, 2, 3, 4], width: lineWidth() });
}

/** Such as `about 11 seeds (7 to 25)`. */
function seedsWords(
  { quantiles: [low, middle, high], undecided }: SeedOutlook,
  { question: { atMost } }: SeedPlan,
): string {
  const open =
    undecided >= 0.05 ? `, undecided after ${atMost} in ${Math.round(100 * undecided)} % of cases` : "";
  const until = Number.isFinite(high) ? String(high) : `more than ${atMost}`;
  const range = Number.isFinite(low) ? ` (${low} to ${until})` : "";
  const about = Number.isFinite(middle) ? `about ${middle}` : `more than ${atMost}`;
  return `${about} seeds${range}${open}`;
}
