// Numbers drawn uniformly from a range, as transforms describe them.

import type { RandomStream } from "../../random.js";

export function uniformIn([low, high]: readonly number[], random: RandomStream): number {
  return (low as number) + random.uniform() * ((high as number) - (low as number));
}

/** A single number x stands for the range from `centre` - x to `centre` + x. */
export function rangeAround(centre: number, range: number | readonly number[]): readonly number[] {
  return typeof range === "number" ? [centre - range, centre + range] : range;
}
