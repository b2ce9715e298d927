// What was tuned for the variants of a comparison -> sentences.

import type { Comparison, Tuning } from "../report/comparison.js";
import { chosenAtEnds } from "../sweep/tuned-values.js";
import { metricWords } from "./metric-words.js";

/** Warns where better values may lie beyond those that were tried. */
export function endWords(ends: ReturnType<typeof chosenAtEnds>): string[] {
  return ends.map(
    ({ variant, path, value, end }) =>
      `${variant} keeps the ${end} ${path} that was tried, ${value}: ${end === "smallest" ? "smaller" : "larger"} values may be better.`,
  );
}

/** Over what, by what and with which seeds values were tuned, and what each variant keeps. */
export function tuningWords({ tune: { over, by, seeds }, tuned }: Tuning): string {
  const tried = over.map(({ path, values }) => `${path} (${values.join(", ")})`).join(" and ");
  const kept = Object.entries(tuned).map(
    ([variant, values]) => `${variant} ${Object.values(values).join(", ")}`,
  );
  const runs = seeds.length === 1 ? "in a run" : `on average over ${seeds.length} runs`;
  return `For each variant, the best ${tried} was chosen by ${metricWords(by)} ${runs} with other seeds (${seeds.join(", ")}): ${kept.join("; ")}. Tests and intervals hold for these values; how surely they are the best is not part of them.`;
}

/** What was tuned, and where better values may lie beyond those that were tried. */
export function tuningSentences({ tunings }: Pick<Comparison, "tunings">): string[] {
  return tunings.flatMap((tuning) => [
    tuningWords(tuning),
    ...endWords(chosenAtEnds(tuning.tune, new Map(Object.entries(tuning.tuned)))),
  ]);
}
