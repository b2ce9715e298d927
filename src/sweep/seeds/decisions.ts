// The results of a sweep's seeds, one seed after the other -> which comparisons are decided, and after how many seeds. The same results
// give the same decisions, whoever asks and whenever.

import type { Question } from "../../config/sweep-spec.js";
import { randomStream } from "../../random.js";
import { confidenceSequence } from "../../statistics/confidence-sequence.js";
import { type Evidence, evidenceOf, startEvidence } from "../../statistics/evidence.js";
import { holm } from "../../statistics/holm.js";
import { isHopeless } from "../../statistics/outlook.js";

/** The outcome of a run: its metric, null if it failed or has no such value, undefined while it is not over. */
export type Outcome = number | null | undefined;

/** The outcomes of a variant in the order of the seeds. */
export interface Series {
  readonly variant: string;
  readonly outcomes: readonly Outcome[];
}

/**
 * `narrow`: the interval is as narrow as asked; `hopeless`: unlikely to be decided by `atMost`; `undecided`, `wide`: neither decided nor
 * narrow enough by then; `failed`: no run has a result to compare.
 */
export type Verdict = "different" | "equal" | "narrow" | "hopeless" | "undecided" | "wide" | "failed";

export interface Decision {
  readonly verdict: Verdict;
  /** After how many seeds. */
  readonly seeds: number;
  /** The p-value that held then, after Holm's correction. */
  readonly p: number;
}

interface Comparison {
  readonly variant: string;
  readonly outcomes: readonly Outcome[];
  readonly differences: number[];
  readonly evidence: Evidence;
}

/**
 * Looks at every complete seed in turn. A comparison that is decided needs no further seeds, and those that it has are not looked at.
 * `compared`: every different network once. Variants without an entry are not decided yet.
 *
 * p-values hold at any time (`evidence`), so that they may be looked at after every seed, and only ever become smaller, so that what
 * Holm's correction has accepted remains accepted. Equality is judged by confidence sequences at the level alpha / comparisons. So
 * the probability that any variant is wrongly called different is at most alpha, and that any is wrongly called equal as well.
 */
export function decisionsOf(
  question: Question,
  baseline: readonly Outcome[],
  compared: readonly Series[],
): ReadonlyMap<string, Decision> {
  const decisions = new Map<string, Decision>();
  const all = compared.map((one): Comparison => ({ ...one, differences: [], evidence: startEvidence() }));
  for (let seeds = 1; seeds <= question.atMost; seeds++) {
    const open = all.filter(({ variant }) => !decisions.has(variant));
    const base = baseline[seeds - 1];
    if (open.length === 0 || base === undefined) break;
    if (open.some(({ outcomes }) => outcomes[seeds - 1] === undefined)) break;
    for (const { outcomes, differences, evidence } of open) {
      const own = outcomes[seeds - 1];
      if (typeof own !== "number" || base === null) continue;
      differences.push(own - base);
      evidence.add(own - base);
    }
    if (seeds < question.atLeast) continue;
    const adjusted = holm(all.map(({ evidence }) => Math.exp(-evidence.most)));
    const found = adjusted.filter((p) => p <= question.alpha).length;
    for (const one of open) {
      const p = adjusted[all.indexOf(one)] as number;
      const look = { seeds, p, comparisons: all.length, found };
      const verdict = verdictOn(one.differences, question, look);
      if (verdict !== null) decisions.set(one.variant, { verdict, seeds, p });
    }
  }
  return decisions;
}

interface Look {
  readonly seeds: number;
  readonly p: number;
  readonly comparisons: number;
  /** The number of comparisons that have been found to differ. */
  readonly found: number;
}

function verdictOn(
  differences: readonly number[],
  question: Question,
  { seeds, p, comparisons, found }: Look,
): Verdict | null {
  const { alpha, margin, decided, width, atLeast, atMost } = question;
  const answer = !decided
    ? "narrow"
    : p <= alpha
      ? "different"
      : isWithin(differences, { alpha: alpha / comparisons, margin })
        ? "equal"
        : null;
  const isDue = seeds <= MOST_OFTEN || seeds === atMost || seeds % Math.ceil(seeds / LATER) === 0;
  const isNarrow = () => isDue && halfWidth(differences, alpha) <= (width as number);
  if (answer !== null && (width === null || isNarrow())) return answer;
  // All its runs, or all of the baseline, have failed.
  if (differences.length === 0) return "failed";
  if (seeds === atMost) return answer === null ? "undecided" : "wide";
  const step = alpha / Math.max(1, comparisons - found);
  const left = differences.length + atMost - seeds;
  const goal = { alpha: step, margin, atLeast, atMost: left };
  const isOver = isDue && answer === null && width === null;
  return isOver && isHopeless(differences, goal, randomStream("futures")) ? "hopeless" : null;
}

/** What takes long to compute is looked at after each of so many seeds, and then each time their number has grown by a twentieth. */
const MOST_OFTEN = 30;
const LATER = 20;

/** Whether the whole interval lies within the margin. */
function isWithin(
  differences: readonly number[],
  { alpha, margin }: { readonly alpha: number; readonly margin: number | null },
): boolean {
  if (margin === null) return false;
  const excludes = (centre: number) => evidenceOf(differences, centre).most >= -Math.log(alpha);
  if (!excludes(margin) || !excludes(-margin)) return false;
  const interval = confidenceSequence(differences, alpha);
  return interval !== null && -margin <= interval[0] && interval[1] <= margin;
}

function halfWidth(differences: readonly number[], alpha: number): number {
  const interval = confidenceSequence(differences, alpha);
  return interval === null ? Number.POSITIVE_INFINITY : (interval[1] - interval[0]) / 2;
}

/** Such as `different after 7 seeds (p = 0.012)`. */
export function decisionWords({ verdict, seeds, p }: Decision, { atMost }: Question): string {
  const after = `after ${seeds} seeds`;
  const texts: Readonly<Record<Verdict, string>> = {
    different: `different ${after} (p = ${p.toPrecision(2)})`,
    equal: `equal within the margin ${after}`,
    narrow: `its interval is narrow enough ${after}`,
    hopeless: `hopeless ${after}: unlikely to be decided by ${atMost}`,
    wide: `its interval is not narrow enough ${after}, the most that are allowed`,
    failed: `no pair of runs to compare ${after}: those of the variant or of the baseline have failed`,
    undecided: `undecided ${after}, the most that are allowed`,
  };
  return texts[verdict];
}
