// The runs in which values were tried for the variants of a sweep -> the values that each variant keeps.

import { join } from "node:path";
import type { AxisValue } from "../config/axes.js";
import type { PathValues, Sweep, TuneSpec } from "../config/sweep-spec.js";
import { tuningSweep } from "../config/tuning.js";
import type { FactsOf } from "../experiment/dataset-facts.js";
import { readResult } from "../records/run-folder.js";
import { type ExpandedSweep, expandSweep } from "./expand.js";
import type { AskedSweep } from "./load-sweep.js";
import type { Variant } from "./variant.js";

/** One combination of values, tried for one variant. */
export interface Tried {
  /** The variant of the sweep itself. */
  readonly variant: string;
  readonly values: PathValues;
  /** The number of runs that have finished, and of those that have failed. */
  readonly runs: number;
  readonly failed: number;
  /** The mean of the metric over the runs that have finished; NaN if none has. */
  readonly mean: number;
  readonly isChosen: boolean;
}

/**
 * What came of tuning, in the order of the sweep: of the combinations in which fewest runs have failed, each variant keeps the one with
 * the lowest mean, or the first of several. A variant all of whose runs have failed keeps none. `failed`: names of runs. Null if some
 * run is not over.
 */
export function triedValues(
  tuning: ExpandedSweep,
  { over, by }: TuneSpec,
  { folder, failed }: { readonly folder: string; readonly failed: ReadonlySet<string> },
): Tried[] | null {
  const all = tuning.variants.map((variant) => {
    const runs = tuning.runs.filter((run) => run.variant === variant);
    const found = runs.flatMap(({ name, fingerprint }) => {
      const result = readResult(join(folder, name));
      return result?.fingerprint === fingerprint ? [result[by]] : [];
    });
    const lost = runs.filter(({ name }) => failed.has(name)).length;
    return {
      ...triedIn(variant, over),
      runs: found.length,
      failed: lost,
      isOver: found.length + lost === runs.length,
      mean: found.reduce((sum, value) => sum + value, 0) / found.length,
    };
  });
  if (!all.every(({ isOver }) => isOver)) return null;
  return all.map(({ isOver: _, ...one }) => {
    const own = all.filter(({ variant }) => variant === one.variant);
    const fewest = Math.min(...own.map((other) => other.failed));
    const sound = own.filter((other) => other.failed === fewest && other.runs > 0);
    const least = Math.min(...sound.map(({ mean }) => mean));
    const best = sound.find(({ mean }) => mean === least);
    return { ...one, isChosen: best !== undefined && best.values === one.values };
  });
}

function triedIn({ name, axes }: Variant, over: TuneSpec["over"]): Pick<Tried, "variant" | "values"> {
  const labels = over.map(({ axis }) => String(axes[axis]));
  return {
    variant: name.slice(0, name.length - `-${labels.join("-")}`.length),
    values: Object.fromEntries(over.map(({ path, axis }) => [path, axes[axis] as AxisValue])),
  };
}

export interface Tuned {
  /** With what each variant keeps, if that is known. */
  readonly sweep: Sweep;
  /** The tuning, if some of its runs are not over. */
  readonly pending: ExpandedSweep | null;
}

/** The sweep with what its variants keep, as far as the runs in `root` say. Throws InputError and DiagnosticError. */
export async function withTuned(
  { sweep, overrides }: AskedSweep,
  { root, factsOf }: { readonly root: string; readonly factsOf: FactsOf },
): Promise<Tuned> {
  const { tune } = sweep;
  if (tune === null) return { sweep, pending: null };
  const tuning = await expandSweep(tuningSweep(sweep, tune), overrides, factsOf);
  const tried = triedValues(tuning, tune, { folder: join(root, tuning.name), failed: new Set() });
  return tried === null
    ? { sweep, pending: tuning }
    : { sweep: { ...sweep, tuned: chosenOf(tried) }, pending: null };
}

/** By variant; those that keep none are left out. */
export function chosenOf(tried: readonly Tried[]): ReadonlyMap<string, PathValues> {
  return new Map(tried.flatMap(({ variant, values, isChosen }) => (isChosen ? [[variant, values]] : [])));
}

/** Numbers that were chosen although no smaller, or no larger, ones were tried: better ones may lie beyond. */
export function chosenAtEnds(
  { over }: Pick<TuneSpec, "over">,
  chosen: ReadonlyMap<string, PathValues>,
): {
  readonly variant: string;
  readonly path: string;
  readonly value: number;
  readonly end: "smallest" | "largest";
}[] {
  return Array.from(chosen).flatMap(([variant, values]) =>
    over.flatMap(({ path, values: all }) => {
      const value = values[path];
      if (typeof value !== "number" || !all.every((one) => typeof one === "number")) return [];
      const end =
        value === Math.min(...all)
          ? ("smallest" as const)
          : value === Math.max(...all)
            ? ("largest" as const)
            : null;
      return end === null ? [] : [{ variant, path, value, end }];
    }),
  );
}
