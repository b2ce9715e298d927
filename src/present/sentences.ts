// A comparison in plain sentences that claim no more than the number of seeds allows.

import { formatChange, formatCount, formatFixed, formatPercent } from "../format.js";
import { costWords, type Match } from "../records/variant-cells.js";
import type { Comparison, VariantComparison } from "../report/comparison.js";
import { leastAnytimePairs, smallestAnytimeP } from "../statistics/evidence.js";
import { leastPairs, pairsNeeded, smallestAdjusted } from "../statistics/power.js";
import type { Spread } from "../statistics/spread.js";
import { comparisonsIn, type ExpandedSweep } from "../sweep/expand.js";
import type { Verdict } from "../sweep/seeds/decisions.js";
import { drawnSentences } from "./drawn-values.js";
import { halvingSentences } from "./halving.js";
import { levelWords, metricScale, metricWords } from "./metric-words.js";
import { tuningSentences } from "./tuned-values.js";

/** One sentence that lists the significant differences. */
export function answerOf({ metric, variants, pending }: Comparison): string {
  if (variants.every(({ uncompared }) => uncompared))
    return "Nothing to compare: there is no variant that differs from its baseline.";
  if (variants.every(({ test }) => !test))
    return "Nothing to compare: no seed has finished for both a variant and its baseline.";
  const words = metricWords(metric);
  const found = variants.filter(({ test }) => test?.isSignificant);
  const list = (sign: number) =>
    found
      .flatMap(({ variant, difference }) => (sign * (difference?.mean ?? 0) > 0 ? [variant] : []))
      .join(", ");
  const parts = [
    ...(list(-1) === "" ? [] : [`lower ${words}: ${list(-1)}`]),
    ...(list(1) === "" ? [] : [`higher ${words}: ${list(1)}`]),
    ...verdicts(variants, "equal", `equal ${words} within the margin`),
  ];
  const answer =
    parts.length > 0
      ? parts.join("; ")
      : `no difference in ${words} is distinguishable from chance with these seeds`;
  return pending ? `So far ${answer}.` : `${answer.charAt(0).toUpperCase()}${answer.slice(1)}.`;
}

function verdicts(variants: readonly VariantComparison[], verdict: Verdict, words: string): string[] {
  const names = variants.flatMap((one) => (one.decision?.verdict === verdict ? [one.variant] : []));
  return names.length === 0 ? [] : [`${words}: ${names.join(", ")}`];
}

/** The limits of the answer: missing runs, the number of seeds, what was tuned, halved or drawn, the test set, imbalanced classes, how costs were matched. */
export function conditionsOf(comparison: Comparison): string[] {
  return [
    ...partial(comparison),
    ...limit(comparison),
    ...tuningSentences(comparison),
    ...halvingSentences(comparison),
    ...selected(comparison),
    ...drawnSentences(comparison),
    ...testSet(comparison),
    ...majority(comparison),
    ...matches(comparison),
  ];
}

/** One sentence per variant except for baselines. Empty if no variant can be compared or explained. */
export function sentencesOf(comparison: Comparison): string[] {
  if (
    comparison.variants.every(
      ({ test, uncompared }) => !test && (!uncompared || uncompared.kind === "baseline"),
    )
  )
    return [];
  return comparison.variants.flatMap((variant) => {
    const base = comparison.variants.find(({ variant: name }) => name === variant.baseline);
    return !base || variant.uncompared?.kind === "baseline" ? [] : [sentenceOf(variant, base, comparison)];
  });
}

function partial({ variants, pending }: Comparison): string[] {
  const sum = (of: (variant: VariantComparison) => number) =>
    variants.reduce((total, variant) => total + of(variant), 0);
  const [planned, failed] = [sum((variant) => variant.planned), sum((variant) => variant.failed)];
  const finished = sum(({ metric }) => metric?.n ?? 0);
  if (finished === planned) return [];
  const failures =
    failed > 0 ? `, ${failed} failed; without these, results may look better than they are` : "";
  const early =
    pending && variants.some(({ isSequential }) => !isSequential)
      ? " Looking at differences before all runs have finished makes chance findings more likely."
      : "";
  return [`Partial: ${finished} of ${planned} runs have finished${failures}.${early}`];
}

/** The limit for the comparison with the most seeds. */
function limit({ variants, comparisons, alpha }: Comparison): string[] {
  const seedsOf = ({ difference }: VariantComparison) => difference?.n ?? 0;
  const [most] = variants.filter(({ test }) => test).sort((one, other) => seedsOf(other) - seedsOf(one));
  const { isSequential = false } = most ?? {};
  return most ? [seedsLimit(seedsOf(most), { comparisons, alpha, isSequential })] : [];
}

interface Limits {
  readonly comparisons: number;
  readonly alpha: number;
  /** Whether the test is the one that holds at any time. */
  readonly isSequential: boolean;
}

/** The smallest p that is possible with this number of seeds and comparisons, and what follows from it. */
function seedsLimit(seeds: number, { comparisons, alpha, isSequential }: Limits): string {
  const smallest = smallestFor(seeds, { comparisons, isSequential });
  const p = smallestFor(seeds, { comparisons: 1, isSequential }).toPrecision(2);
  const least = isSequential ? leastAnytimePairs(alpha / comparisons) : leastPairs(comparisons, alpha);
  const holm =
    comparisons > 1
      ? ` (${smallest.toPrecision(2)} after Holm's correction for ${comparisons} comparisons)`
      : "";
  const verdict =
    smallest > alpha
      ? `, so no difference can be significant; ${least === null ? "with so many comparisons, none can be with any number of seeds" : `at least ${least} seeds are needed`}`
      : "";
  return `With ${seedsOf(seeds)} the smallest possible p is ${p}${holm}${verdict}.`;
}

/** A warning for a planned sweep; null if it has enough seeds for a significant difference. */
export function warningOf(sweep: ExpandedSweep): string | null {
  const { alpha, question, runs } = sweep;
  const seeds = question?.atMost ?? new Set(runs.map(({ seed }) => seed)).size;
  const comparisons = comparisonsIn(sweep);
  if (comparisons === 0) return null;
  const limits = { comparisons, alpha, isSequential: question !== null };
  return smallestFor(seeds, limits) > alpha ? seedsLimit(seeds, limits) : null;
}

/** The smallest p after Holm's correction. */
function smallestFor(seeds: number, { comparisons, isSequential }: Omit<Limits, "alpha">): number {
  return isSequential
    ? Math.min(1, comparisons * smallestAnytimeP(seeds))
    : smallestAdjusted(seeds, comparisons);
}

/** What was chosen by a metric looks good by it. */
function selected({ metric, tunings, halvings }: Comparison): string[] {
  return metric.startsWith("validation") && (tunings.length > 0 || halvings.length > 0)
    ? [
        `The same images by which this comparison is made have chosen values or variants: ${metricWords("test_error")} says more.`,
      ]
    : [];
}

/** The resolution of the test error. */
function testSet({ metric, testImages }: Comparison): string[] {
  if (testImages === null || !metric.startsWith("test_error")) return [];
  return [
    `Tested on ${formatCount(testImages)} images: one image corresponds to ${(100 / testImages).toPrecision(2)} points.`,
  ];
}

function majority({ metric, majorityError }: Comparison): string[] {
  if (majorityError === null) return [];
  const hint = metric === "test_balanced_error" ? "" : "; test_balanced_error weights all classes equally";
  return [
    `Classes are imbalanced: always predicting the most frequent one has a test error of ${formatPercent(majorityError)}${hint}.`,
  ];
}

/** How the costs of variants were matched. */
function matches({ variants }: Comparison): string[] {
  return variants.flatMap(({ variant, match }) =>
    match === null ? [] : [`${variant} has the ${matchWords(match)}.`],
  );
}

/** Such as `parameter count of se-r4 -0.012 % (widths 64 -> 66)`. */
export function matchWords({ cost, of, change, ratio }: Match): string {
  const percent = 100 * (ratio - 1);
  const off = percent === 0 ? "" : ` ${percent > 0 ? "+" : ""}${percent.toPrecision(2)} %`;
  return `${costWords(cost)} of ${of}${off} (${change})`;
}

function sentenceOf(variant: VariantComparison, base: VariantComparison, comparison: Comparison): string {
  const { metric } = comparison;
  const { difference, test, uncompared } = variant;
  if (uncompared?.kind === "same-network")
    return `${variant.variant} is the same network as ${uncompared.as}.`;
  if (uncompared?.kind === "stopped") return `${variant.variant} was ${uncompared.reason}.`;
  if (uncompared?.kind === "other-data")
    return `${variant.variant} used different data than ${uncompared.than}, so their runs cannot be paired.`;
  if (!difference || !test)
    return `${variant.variant}: no seed has finished for both this variant and ${base.variant}.`;
  const { scale, points, digits } = metricScale(metric);
  const size = (Math.abs(difference.mean) * scale).toFixed(digits);
  const [lower, sign] = difference.mean < 0 ? [true, -1] : [false, 1];
  const seeds = seedsOf(difference.n);
  const cost = costOf(variant, base);
  const left = failuresOf(variant, base);
  if (test.isSignificant || variant.decision?.verdict === "equal") {
    const bounds = difference.interval.map((bound) => sign * bound * scale).sort((a, b) => a - b);
    const name = variant.isSequential ? "confidence sequence" : "CI";
    const interval = `${levelWords(comparison)} ${name} ${bounds.map((bound) => formatFixed(bound, digits)).join(" to ")}`;
    if (!test.isSignificant) {
      const [low, high] = difference.interval.map((bound) => formatFixed(bound * scale, digits));
      return `${variant.variant} has the same ${metricWords(metric)} as ${base.variant} within the margin (difference ${formatFixed(difference.mean * scale, digits)}${points}, ${levelWords(comparison)} ${name} ${low} to ${high}, ${seeds}${left})${cost}.`;
    }
    return `${variant.variant} ${lower ? "lowers" : "raises"} ${metricWords(metric)} by ${size}${points} (${interval}, p = ${test.adjustedP.toPrecision(2)} after Holm's correction, ${seeds}${left})${cost}.`;
  }
  const change = Number(size) === 0 ? "about the same" : `${size}${points} ${lower ? "lower" : "higher"}`;
  const [low, high] = difference.interval;
  const verdict =
    low !== high && (low > 0 || high < 0)
      ? `this is not significant after Holm's correction with ${seeds}`
      : `this is inconclusive with ${seeds}`;
  return `${variant.variant}: ${metricWords(metric)} is ${change} on average${cost}, but ${verdict}${left}${outlook(variant, difference, comparison)}.`;
}

function costOf({ params }: VariantComparison, base: VariantComparison): string {
  if (base.params === params) return "";
  const change = formatChange(params, base.params).slice(1);
  return ` for ${change} ${params > base.params ? "more" : "fewer"} parameters`;
}

/** Failed runs cannot be paired. */
function failuresOf(...variants: readonly VariantComparison[]): string {
  const failed = variants.filter(({ failed }) => failed > 0);
  if (failed.length === 0) return "";
  return `, excluding ${failed.map(({ variant, failed }) => `${failed} failed ${failed === 1 ? "run" : "runs"} of ${variant}`).join(" and ")}`;
}

/** What has been decided, or how many seeds would help. */
function outlook(
  { decision, isOpen, isSequential }: VariantComparison,
  difference: Spread,
  limits: Comparison,
): string {
  if (decision) return `; ${decision.words}`;
  if (isOpen) return "; more seeds are added until it is decided";
  return isSequential ? "" : whatWouldHelp(difference, limits);
}

/** Rounded to two digits, because an effect estimated from a few seeds is itself uncertain. */
function whatWouldHelp(difference: Spread, limits: Pick<Comparison, "comparisons" | "alpha">): string {
  const needed = difference.n > 1 ? pairsNeeded(difference, limits) : null;
  if (needed === null || needed <= difference.n) return "";
  const rough = Number(needed.toPrecision(2)).toLocaleString("en-US");
  return `; about ${rough} seeds would be needed if the true difference is this large`;
}

function seedsOf(count: number): string {
  return `${count} ${count === 1 ? "seed" : "seeds"}`;
}
