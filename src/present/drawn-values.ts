// What the seeds of a comparison drew of training -> sentences about it.

import type { AxisValue } from "../config/axes.js";
import type { Comparison } from "../report/comparison.js";
import { dependencesOf, drawnPaths } from "../report/drawn-values.js";
import { metricWords } from "./metric-words.js";

/** As many values are listed; of more, the first and the last are given. */
const FEW = 4;

/** What was drawn, and what depends on it. Empty if nothing was. */
export function drawnSentences(comparison: Comparison): string[] {
  const paths = [...drawnPaths(comparison)];
  if (paths.length === 0) return [];
  const drawn = paths.map(([path, values]) => `${path} (${rangeWords(values)})`).join(", ");
  const dependences = dependencesOf(comparison);
  const found = dependences.filter(({ p }) => p <= comparison.alpha);
  const none =
    dependences.length > 0 && found.length === 0
      ? " No difference goes with them in a way that is distinguishable from chance (Spearman's rank correlation)."
      : "";
  return [
    `Each seed drew ${drawn}, the same for all variants, so differences are averages over these values.${none}`,
    ...found.map(
      ({ variant, baseline, path, coefficient, p, n }) =>
        `The larger ${path}, the ${coefficient < 0 ? "lower" : "higher"} ${metricWords(comparison.metric)} of ${variant} relative to ${baseline} (Spearman's rank correlation ${coefficient.toFixed(2)}, p = ${p.toPrecision(2)} after Holm's correction, ${n} seeds).`,
    ),
  ];
}

/** Such as `0.01 to 0.5`, or `32, 64` if there are few. */
function rangeWords(values: readonly AxisValue[]): string {
  return values.length > FEW && values.every((value) => typeof value === "number")
    ? `${values[0]} to ${values.at(-1)}`
    : values.join(", ");
}
