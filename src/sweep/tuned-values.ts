// The runs in which values were tried for the variants of a sweep -> the values that each variant keeps.

import type { AxisValue } from "../config/axes.js";
import type { PathValues, TuneSpec } from "../config/sweep-spec.js";
import type { ExpandedSweep } from "./expand.js";
import { type Measured, measuredVariants, type Read } from "./stage-results.js";
import type { Variant } from "./variant.js";

/** One combination of values, tried for one variant. */
export interface Tried extends Measured {
  /** The variant of the sweep itself. */
  readonly variant: string;
  readonly values: PathValues;
  readonly isChosen: boolean;
}

/**
 * What came of tuning, in the order of the sweep: of the combinations in which fewest runs have failed, each variant keeps the one with
 * the lowest mean, or the first of several. A variant all of whose runs have failed keeps none. Null if some run is not over.
 */
export function triedValues(tuning: ExpandedSweep, { over, by }: TuneSpec, read: Read): Tried[] | null {
  const measured = measuredVariants(tuning, by, read);
  if (measured === null) return null;
  const all = tuning.variants.map((variant, index) => ({
    ...triedIn(variant, over),
    ...(measured[index] as Measured),
  }));
  return all.map((one) => {
    const own = all.filter(({ variant }) => variant === one.variant);
    const fewest = Math.min(...own.map(({ failed }) => failed));
    const sound = own.filter(({ failed, runs }) => failed === fewest && runs > 0);
    const least = Math.min(...sound.map(({ mean }) => mean));
    return { ...one, isChosen: one === sound.find(({ mean }) => mean === least) };
  });
}

function triedIn({ name, axes }: Variant, over: TuneSpec["over"]): Pick<Tried, "variant" | "values"> {
  const labels = over.map(({ axis }) => String(axes[axis]));
  return {
    variant: name.slice(0, name.length - `-${labels.join("-")}`.length),
    values: Object.fromEntries(over.map(({ path, axis }) => [path, axes[axis] as AxisValue])),
  };
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
      // Nothing smaller than 0 could be tried.
      if (typeof value !== "number" || value === 0 || !all.every((one) => typeof one === "number")) return [];
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
