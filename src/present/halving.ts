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
  const seeds = [...new Set(halvings.flatMap(({ looked }) => looked))];
  const words = `${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`;
  return [
    `${stopped} of ${variants.length} variants were stopped early and are not averaged; they count in Holm's correction. The others were the best on the validation set with ${words}, with which they may therefore look better than they are.`,
  ];
}

/** For a paper. */
export function halvingWords({ first, factor, by, looked }: HalvingSpec): string {
  const runs = looked.length === 1 ? `with seed ${looked[0]}` : `averaged over seeds ${looked.join(", ")}`;
  return `Successive halving [@jamieson2016]: after ${first} ${first === 1 ? "epoch" : "epochs"}, and each time after ${factor} times as many, one in ${factor} variants (rounded up) went on, by the ${metricWords(by)} ${runs}; the baseline always did.`;
}
