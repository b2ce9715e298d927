// How the variants of a comparison were halved -> sentences.

import type { HalvingSpec } from "../config/sweep-spec.js";
import type { Comparison } from "../report/comparison.js";
import { metricWords } from "./metric-words.js";

/** What the differences of those that went on are worth. */
export function halvingSentences({
  halvings,
  variants,
}: Pick<Comparison, "halvings" | "variants">): string[] {
  const stopped = variants.filter(({ uncompared }) => uncompared?.kind === "stopped").length;
  if (halvings.length === 0 || stopped === 0) return [];
  const seeds = Math.max(...halvings.map((one) => one.seeds));
  const first = seeds === 1 ? "the first seed" : `the first ${seeds} seeds`;
  return [
    `${stopped} of ${variants.length} variants were stopped early and have no results; they count in Holm's correction. The others were the best on the validation set with ${first}, so with ${seeds === 1 ? "that seed" : "these seeds"} they may look better than they are.`,
  ];
}

/** For a paper. */
export function halvingWords({ first, factor, by, seeds }: HalvingSpec): string {
  const runs =
    seeds === 1 ? "the run with the first seed" : `the mean of the runs with the first ${seeds} seeds`;
  return `Successive halving [@jamieson2016]: after ${first} ${first === 1 ? "epoch" : "epochs"}, and each time after ${factor} times as many, one in ${factor} variants went on, by the ${metricWords(by)} of ${runs}; the baseline always did.`;
}
