// A comparison in plain words: one sentence a variant, saying no more than its seeds can show.

import type { Comparison, VariantComparison } from "./comparison.js";
import { isSignificant } from "./comparison-table.js";
import { metricScale, metricWords } from "./metric-words.js";
import { pairsNeeded, type Spread } from "./statistics.js";

export function sentencesOf(comparison: Comparison): string[] {
  const base = comparison.variants.find(({ variant }) => variant === comparison.baseline);
  return comparison.variants.flatMap((variant) =>
    variant.variant === comparison.baseline ? [] : [sentenceOf(variant, base, comparison)],
  );
}

function sentenceOf(
  variant: VariantComparison,
  base: VariantComparison | undefined,
  { metric, baseline }: Comparison,
): string {
  const { difference, test } = variant;
  if (!difference) return `${variant.variant}: no seed has finished both here and in ${baseline}.`;
  const { scale, points, digits } = metricScale(metric);
  const size = (value: number) => (Math.abs(value) * scale).toFixed(digits);
  const seeds = `${difference.n} ${difference.n === 1 ? "seed" : "seeds"}`;
  const cost = costOf(variant, base);
  if (!test || !isSignificant(variant)) {
    const change =
      Number(size(difference.mean)) === 0
        ? "about the same"
        : `${difference.mean < 0 ? "lower" : "higher"} by ${size(difference.mean)}${points}`;
    return `${variant.variant}: ${metricWords(metric)} is ${change} on average${cost}, but nothing can be concluded with ${seeds}${whatWouldHelp(difference, test?.smallestP)}.`;
  }
  const [low, high] = difference.interval;
  const verb = difference.mean < 0 ? "lowers" : "raises";
  const interval = `95 % CI ${(low * scale).toFixed(digits)} to ${(high * scale).toFixed(digits)}`;
  return `${variant.variant} ${verb} ${metricWords(metric)} by ${size(difference.mean)}${points} (${interval}, p = ${test.adjustedP.toPrecision(2)} after Holm, ${seeds})${cost}.`;
}

function costOf({ params }: VariantComparison, base: VariantComparison | undefined): string {
  if (!base || base.params === params) return "";
  const change = (100 * (params - base.params)) / base.params;
  return ` for ${Math.abs(change).toPrecision(2)} % ${change > 0 ? "more" : "fewer"} parameters`;
}

function whatWouldHelp(difference: Spread, smallestP: number | undefined): string {
  const reachable =
    smallestP !== undefined && smallestP > 0.05
      ? ` (with so few, p cannot go below ${smallestP.toPrecision(2)})`
      : "";
  const needed = difference.n > 1 ? pairsNeeded(difference) : null;
  return `${reachable}${needed === null ? "" : `; some ${needed} would be needed for a difference of this size`}`;
}
