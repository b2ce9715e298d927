// What each seed of a sweep draws: the values under `random`, and what a seed draws of them.

import { collect, type Diagnostic, type Report } from "../diagnostic.js";
import { randomStream } from "../random.js";
import type { AxisValue } from "./axes.js";
import type { Located } from "./source.js";
import type { Distribution as WrittenDistribution, Sweep as WrittenSweep } from "./sweep-schema.js";
import type { Distribution, PathValues, RandomValue } from "./sweep-spec.js";
import { checkTrainingPath } from "./training-paths.js";

export function randomValues(written: WrittenSweep["random"]): RandomValue[] {
  return Object.entries(written ?? {}).map(([path, from]) => ({ path, from: distributionOf(from) }));
}

function distributionOf({ choice, ...ranges }: WrittenDistribution): Distribution {
  if (choice !== undefined) return { kind: "choice", values: choice };
  const [[kind, [least, most]]] = Object.entries(ranges) as [["uniform" | "log" | "int", [number, number]]];
  return { kind, least, most };
}

/** What a seed draws, each value from a stream of its own: another value under `random` does not change those that were there. */
export function drawnValues(random: readonly RandomValue[], seed: number): PathValues {
  return Object.fromEntries(random.map(({ path, from }) => [path, drawnFrom(from, seed, path)]));
}

/** The digits of a drawn number, so that it can be read, and written into a file to repeat the run. A narrow range needs more. */
function digitsFor(least: number, most: number): number {
  const narrow = Math.log10(Math.max(Math.abs(least), Math.abs(most)) / (most - least));
  return Math.min(15, 3 + Math.max(0, Math.floor(narrow)));
}

function drawnFrom(from: Distribution, seed: number, path: string): AxisValue {
  const stream = randomStream("random values", seed, path);
  if (from.kind === "choice") return from.values[stream.integer(from.values.length)] as AxisValue;
  const { kind, least, most } = from;
  if (kind === "int") return least + stream.integer(most - least + 1);
  const share = stream.uniform();
  const between = (from: number, to: number) => from + (to - from) * share;
  const value = kind === "log" ? Math.exp(between(Math.log(least), Math.log(most))) : between(least, most);
  return Math.min(most, Math.max(least, Number(value.toPrecision(digitsFor(least, most)))));
}

/** Checks what a schema cannot express: that paths are of training and not set by variants, and that ranges ascend. */
export function checkRandom(written: WrittenSweep, located: Located): Diagnostic[] {
  return collect(located, (report) => {
    for (const [path, from] of Object.entries(written.random ?? {})) {
      checkTrainingPath(path, ["random", path], { written, report });
      checkRange(path, from, report);
    }
  });
}

function checkRange(path: string, { choice: _, ...ranges }: WrittenDistribution, report: Report): void {
  for (const [kind, [least, most]] of Object.entries(ranges) as [string, [number, number]][])
    if (least >= most)
      report(
        "unordered",
        `\`${kind}\` must be the smallest value, then the largest; found ${least}, then ${most}`,
        ["random", path, kind],
      );
}
