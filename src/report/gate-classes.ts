// What `squeezebox excite` has found of gates, and the errors by class -> whether gates help where they tell classes apart.

import { join } from "node:path";
import type { RowOf } from "../records/columns.js";
import { EXCITATION_COLUMNS } from "../records/tables.js";
import { type RankCorrelation, rankCorrelation } from "../statistics/spearman.js";
import type { ClassDifference } from "./class-differences.js";
import type { ComparableVariant } from "./comparable-variants.js";
import { readTable } from "./read-sweep.js";

export interface GateClasses extends RankCorrelation {
  readonly classes: number;
  /** The number of runs that `excite` has looked at. */
  readonly runs: number;
}

/**
 * Rank correlation, over classes, of how far the mean activations of a class are from those of all classes (on average over gates and
 * channels) with the difference in the error of the class. Negative if errors fall most where gates respond in a way of their own. Null
 * if no run of the variant has been looked at.
 */
export function gateClasses(
  { sweep, runs }: Pick<ComparableVariant, "sweep" | "runs">,
  differences: readonly ClassDifference[],
  damaged: string[],
): GateClasses | null {
  const tables = runs.flatMap(({ run }) => {
    const rows = readTable(join(sweep.folder, run, "excitation.csv"), EXCITATION_COLUMNS, damaged);
    return rows && rows.length > 0 ? [distancesOf(rows)] : [];
  });
  if (tables.length === 0) return null;
  const pairs = differences.flatMap(({ label, difference }) => {
    const own = tables.flatMap((distances) => distances[label] ?? []);
    return own.length > 0 ? [[own.reduce((sum, one) => sum + one, 0) / own.length, difference] as const] : [];
  });
  const found = rankCorrelation(
    pairs.map(([distance]) => distance),
    pairs.map(([, difference]) => difference),
  );
  return found && { ...found, classes: pairs.length, runs: tables.length };
}

/** For each class, in the order of the classes, which is that of the rows: how far its mean is from that of all, gate by gate and channel by channel. */
function distancesOf(rows: readonly RowOf<typeof EXCITATION_COLUMNS>[]): number[][] {
  const channels = new Map<string, (number | null)[]>();
  for (const { gate, channel, mean } of rows) {
    const key = `${gate} ${channel}`;
    channels.set(key, [...(channels.get(key) ?? []), mean]);
  }
  const distances: number[][] = [];
  for (const means of channels.values()) {
    const known = means.filter((mean) => mean !== null);
    const all = known.reduce((sum, mean) => sum + mean, 0) / known.length;
    for (const [label, mean] of means.entries()) {
      const own = distances[label] ?? [];
      distances[label] = mean === null ? own : [...own, Math.abs(mean - all)];
    }
  }
  return distances;
}
