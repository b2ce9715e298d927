// What the seeds of a sweep draw -> training with it, for each variant.

import { drawnValues } from "../../config/random-values.js";
import type { Sweep } from "../../config/sweep.js";
import { collect, type Diagnostic, DiagnosticError } from "../../diagnostic.js";
import { checkTraining } from "../../experiment/check-training.js";
import type { Point } from "../points.js";
import type { Drawn, Variant } from "../variant.js";

/** By the name of the variant; empty if nothing is random. Throws DiagnosticError if what a seed of the sweep draws is a mistake. */
export function checkedDraws(
  variants: readonly Variant[],
  { sweep, points }: { readonly sweep: Sweep; readonly points: readonly Point[] },
): ReadonlyMap<string, (seed: number) => Drawn> {
  const diagnostics: Diagnostic[] = [];
  const draws = new Map<string, (seed: number) => Drawn>();
  for (const variant of variants) {
    const ofSeed = points.find(({ name }) => name === variant.name)?.ofSeed ?? null;
    if (ofSeed === null) continue;
    // Other seeds than those that are checked may have finished earlier.
    const known = new Map<number, Drawn>();
    const draw = (seed: number): Drawn => {
      const checked = ofSeed(seed);
      const { training } = checked.ok ? checked.value.experiment : variant.experiment;
      return { values: drawnValues(sweep.random, seed), training };
    };
    draws.set(variant.name, (seed) => {
      const drawn = known.get(seed) ?? draw(seed);
      known.set(seed, drawn);
      return drawn;
    });
    // One seed is enough to show what is wrong.
    diagnostics.push(...(sweep.seeds.map((seed) => mistakesOf(ofSeed(seed), variant)).find(isSome) ?? []));
  }
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return draws;
}

function mistakesOf(
  checked: ReturnType<NonNullable<Point["ofSeed"]>>,
  { graph, dataset }: Variant,
): readonly Diagnostic[] {
  if (!checked.ok) return checked.diagnostics;
  const { experiment, located } = checked.value;
  return collect(located, (report) => checkTraining({ experiment, located, graph, input: dataset }, report));
}

function isSome(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.length > 0;
}
