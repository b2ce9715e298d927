// A comparison in plain words: one sentence a variant, saying no more than its seeds can show.

import type { Comparison, VariantComparison } from "./comparison.js";
import { isSignificant } from "./comparison-table.js";
import { formatChange } from "./format.js";
import { metricScale, metricWords } from "./metric-words.js";
import { pairsNeeded, type Spread, smallestAdjusted } from "./statistics.js";

/** One sentence a variant, but for baselines. */
export function sentencesOf(comparison: Comparison): string[] {
  const { metric } = comparison;
  const comparisons = comparison.variants.filter(({ test }) => test).length;
  return comparison.variants.flatMap((variant) => {
    const base = comparison.variants.find(({ variant: name }) => name === variant.baseline);
    return !base || base === variant ? [] : [sentenceOf(variant, base, { metric, comparisons })];
  });
}

/** The comparison in one sentence: what is significant after Holm. */
export function answerOf({ metric, variants }: Comparison): string {
  const words = metricWords(metric);
  const found = variants.filter((variant) => variant.difference && isSignificant(variant));
  const list = (sign: number) =>
    found
      .flatMap(({ variant, difference }) => (sign * (difference?.mean ?? 0) > 0 ? [variant] : []))
      .join(", ");
  const parts = [
    ...(list(-1) === "" ? [] : [`Lower ${words}: ${list(-1)}.`]),
    ...(list(1) === "" ? [] : [`Higher ${words}: ${list(1)}.`]),
  ];
  return parts.length > 0
    ? parts.join(" ")
    : `No difference in ${words} can be told from chance with these seeds.`;
}

/** The smallest p that so many seeds can give, and what follows from it; null where nothing is compared yet. */
export function limitSentence({ variants }: Comparison): string | null {
  const pairs = variants.flatMap(({ test, difference }) => (test && difference ? [difference.n] : []));
  const most = Math.max(0, ...pairs);
  const smallest = smallestAdjusted(most, pairs.length);
  if (most === 0) return null;
  const holm =
    pairs.length > 1 ? `, after Holm for ${pairs.length} comparisons below ${smallest.toPrecision(2)}` : "";
  const verdict = smallest > 0.05 ? ": no difference, however clear, could be significant" : "";
  return `With ${seedsOf(most)} p cannot go below ${(2 / 2 ** most).toPrecision(2)}${holm}${verdict}.`;
}

/** What the controls of equal cost are made of. */
export function matchSentences({ variants }: Comparison): string[] {
  return variants.flatMap(({ variant, match }) => (match === "" ? [] : [`${variant} has the ${match}.`]));
}

/** How much of what is planned the comparison rests on; null where it is all. */
export function partialSentence({ variants }: Comparison): string | null {
  const sum = (of: (variant: VariantComparison) => number) =>
    variants.reduce((total, variant) => total + of(variant), 0);
  const [finished, planned, failed] = [
    sum(({ metric }) => metric?.n ?? 0),
    sum((v) => v.planned),
    sum((v) => v.failed),
  ];
  if (finished === planned) return null;
  return `Partial: ${finished} of ${planned} runs have finished${failed > 0 ? `, ${failed} failed` : ""}.`;
}

function sentenceOf(
  variant: VariantComparison,
  base: VariantComparison,
  { metric, comparisons }: { metric: string; comparisons: number },
): string {
  const { difference, test } = variant;
  if (!difference) return `${variant.variant}: no seed has finished both here and in ${base.variant}.`;
  const { scale, points, digits } = metricScale(metric);
  const size = (value: number) => (Math.abs(value) * scale).toFixed(digits);
  const seeds = seedsOf(difference.n);
  const cost = costOf(variant, base);
  if (!test || !isSignificant(variant)) {
    const change =
      Number(size(difference.mean)) === 0
        ? "about the same"
        : `${difference.mean < 0 ? "lower" : "higher"} by ${size(difference.mean)}${points}`;
    return `${variant.variant}: ${metricWords(metric)} is ${change} on average${cost}, but nothing can be concluded with ${seeds}${whatWouldHelp(difference, comparisons)}.`;
  }
  const [verb, sign] = difference.mean < 0 ? ["lowers", -1] : ["raises", 1];
  const bounds = difference.interval.map((bound) => sign * bound * scale).sort((a, b) => a - b);
  const interval = `95 % CI ${bounds.map((bound) => bound.toFixed(digits)).join(" to ")}`;
  return `${variant.variant} ${verb} ${metricWords(metric)} by ${size(difference.mean)}${points} (${interval}, p = ${test.adjustedP.toPrecision(2)} after Holm, ${seeds})${cost}.`;
}

function costOf({ params }: VariantComparison, base: VariantComparison): string {
  if (base.params === params) return "";
  const change = formatChange(params, base.params).slice(1);
  return ` for ${change} ${params > base.params ? "more" : "fewer"} parameters`;
}

function whatWouldHelp(difference: Spread, comparisons: number): string {
  const needed = difference.n > 1 ? pairsNeeded(difference, comparisons) : null;
  return needed === null ? "" : `; some ${needed} would be needed for a difference of this size`;
}

function seedsOf(count: number): string {
  return `${count} ${count === 1 ? "seed" : "seeds"}`;
}
