// The differences so far, or the effect that somebody expects -> when a comparison may be decided.

import type { RandomStream } from "../random.js";
import { type Evidence, evidenceOf } from "./evidence.js";
import { spreadOf } from "./spread.js";

/** When a comparison counts as decided. */
export interface Goal {
  /** The level at which symmetry around 0, or around either end of the margin, has to be excluded. */
  readonly alpha: number;
  /** Differences up to this size are as good as none, in units of the differences; null if only 0 is. */
  readonly margin: number | null;
  /** The smallest and the largest number of pairs at which it can be decided. */
  readonly atLeast: number;
  readonly atMost: number;
}

/** Draws the next difference. */
export type Next = () => number;

/** What is expected of the next differences. */
export interface Beliefs {
  readonly differences: readonly number[];
  /** Draws a distribution that could produce the next differences, and returns what draws from that. */
  readonly draw: (random: RandomStream) => Next;
}

/** Differences from a normal distribution. */
export function normal(mean: number, deviation: number): Beliefs["draw"] {
  return (random) => () => mean + deviation * random.normal();
}

/**
 * Distributions that could have produced these differences, as likely as the differences make them: normal ones, from the posterior of
 * mean and variance under the usual prior that claims no knowledge (p(mean, variance) proportional to 1 / variance; Gelman et al.,
 * Bayesian Data Analysis, section 3.2). If no difference was anything but 0, a share of the next ones may be (Laplace's rule of
 * succession). Null for fewer than two differences and for equal ones, which say nothing of their spread.
 */
export function posteriorOf(differences: readonly number[]): Beliefs["draw"] | null {
  const spread = spreadOf(differences);
  if (!spread || spread.n < 2) return null;
  const { n, mean, deviation } = spread;
  if (mean === 0 && deviation === 0)
    return (random) => {
      const share = 1 - (1 - random.uniform()) ** (1 / (n + 1));
      return () => (random.uniform() < share ? 1 : 0);
    };
  if (!(deviation > 0)) return null;
  return (random) => {
    let chiSquared = 0;
    for (let degree = 1; degree < n; degree++) chiSquared += random.normal() ** 2;
    const drawn = deviation * Math.sqrt((n - 1) / chiSquared);
    return normal(mean + (drawn / Math.sqrt(n)) * random.normal(), drawn)(random);
  };
}

/** In each of `futures`, the number of pairs at which the comparison is decided; infinite where it is not by `atMost`. Ascending. */
export function decidedAfter(
  beliefs: Beliefs,
  goal: Goal,
  { futures, random }: { readonly futures: number; readonly random: RandomStream },
): number[] {
  const future = futuresOf(beliefs, goal, random);
  return Array.from({ length: futures }, future).sort((a, b) => a - b);
}

/** Returns a function that draws a future: after how many pairs the comparison is decided in it. */
function futuresOf({ differences, draw }: Beliefs, goal: Goal, random: RandomStream): () => number {
  const start = progressTo(goal, differences);
  return () => {
    const next = draw(random);
    const progress = start.copy();
    for (let pairs = differences.length + 1; pairs <= goal.atMost; pairs++) {
      progress.add(next());
      if (pairs >= goal.atLeast && progress.isMade()) return pairs;
    }
    return Number.POSITIVE_INFINITY;
  };
}

interface Progress {
  add(difference: number): void;
  isMade(): boolean;
  copy(): Progress;
}

/** Equality is taken to be shown once both ends of the margin are excluded. */
function progressTo(goal: Goal, differences: readonly number[]): Progress {
  const { margin } = goal;
  const centres = margin === null ? [0] : [0, margin, -margin];
  return progressFrom(
    centres,
    centres.map((centre) => evidenceOf(differences, centre)),
    -Math.log(goal.alpha),
  );
}

function progressFrom(centres: readonly number[], evidence: readonly Evidence[], enough: number): Progress {
  return {
    add: (difference) => {
      for (const [index, one] of evidence.entries()) one.add(difference - (centres[index] as number));
    },
    isMade: () => {
      const [zero, ...ends] = evidence;
      return (
        (zero as Evidence).most >= enough || (ends.length > 0 && ends.every(({ most }) => most >= enough))
      );
    },
    copy: () =>
      progressFrom(
        centres,
        evidence.map((one) => one.copy()),
        enough,
      ),
  };
}

const FUTURES = 200;
/** If a comparison is decided in a smaller share of its futures, more pairs are not worth their cost. */
const LEAST_CHANCE = 0.05;

/** Whether a comparison is unlikely to be decided by `atMost`, to judge by its differences so far. */
export function isHopeless(differences: readonly number[], goal: Goal, random: RandomStream): boolean {
  const draw = posteriorOf(differences);
  if (draw === null) return false;
  const future = futuresOf({ differences, draw }, goal, random);
  // Most comparisons are known not to be hopeless after a few futures.
  for (let [drawn, decided] = [0, 0]; drawn < FUTURES; drawn++) {
    if (Number.isFinite(future())) decided++;
    if (decided >= LEAST_CHANCE * FUTURES) return false;
  }
  return true;
}
