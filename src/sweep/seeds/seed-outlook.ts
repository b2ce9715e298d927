// A sweep that chooses the number of its seeds itself -> how many it may take, from the runs that have finished or an expected effect.

import { randomStream } from "../../random.js";
import { type Beliefs, decidedAfter, type Goal, normal, posteriorOf } from "../../statistics/outlook.js";
import type { Outcome } from "./decisions.js";
import type { Needs, RunKey, SeedPlan } from "./seed-plan.js";

/** How many seeds a comparison may take. */
export interface SeedOutlook {
  /** The 5 %, 50 % and 95 % quantiles; infinite if it is not decided by then. */
  readonly quantiles: readonly [number, number, number];
  /** The mean, where comparisons that are not decided take as many seeds as they may. */
  readonly mean: number;
  /** The probability that it is not decided. */
  readonly undecided: number;
}

const FUTURES = 400;
/** Small, medium and large, where nothing is expected. */
const EFFECTS = [0.5, 1, 2];

/** What to expect of a comparison about which nothing is known yet, for each effect. */
export function expectedSeeds(
  { question, compared }: SeedPlan,
  expected: number | null,
): (SeedOutlook & { readonly effect: number })[] {
  // The margin is in units of the metric, and the effect is not.
  const goal = { ...question, alpha: question.alpha / compared.length, margin: null };
  return (expected === null ? EFFECTS : [expected]).map((effect) => ({
    effect,
    ...outlookOf({ differences: [], draw: normal(effect, 1) }, goal),
  }));
}

/** What to expect of each comparison that is not decided, from its differences so far; null if these say nothing of their spread. */
export function foreseenSeeds(
  { question, baseline, compared }: SeedPlan,
  { decisions, outcomeOf }: Pick<Needs, "decisions"> & { readonly outcomeOf: (run: RunKey) => Outcome },
): ReadonlyMap<string, (SeedOutlook & { readonly finished: number }) | null> {
  const goal = { ...question, alpha: question.alpha / compared.length };
  const base = baseline.map(outcomeOf);
  return new Map(
    compared
      .filter(({ variant }) => !decisions.has(variant))
      .map(({ variant, runs }) => {
        const differences = runs.flatMap((run, index) => {
          const [own, other] = [outcomeOf(run), base[index]];
          return typeof own === "number" && typeof other === "number" ? [own - other] : [];
        });
        const draw = posteriorOf(differences);
        const finished = differences.length;
        return [variant, draw && { finished, ...outlookOf({ differences, draw }, goal) }] as const;
      }),
  );
}

function outlookOf(beliefs: Beliefs, goal: Goal): SeedOutlook {
  const after = decidedAfter(beliefs, goal, { futures: FUTURES, random: randomStream("outlook") });
  const at = (share: number) => after[Math.floor(share * FUTURES)] as number;
  return {
    quantiles: [at(0.05), at(0.5), at(0.95)],
    mean: after.reduce((sum, seeds) => sum + Math.min(seeds, goal.atMost), 0) / FUTURES,
    undecided: after.filter((seeds) => !Number.isFinite(seeds)).length / FUTURES,
  };
}
