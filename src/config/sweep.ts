// A sweep file -> a checked sweep, including the located experiment that its variants are based on.

import { dirname, resolve } from "node:path";
import { collect, type Diagnostic, DiagnosticError } from "../diagnostic.js";
import { axesOf } from "./axes.js";
import { checkVariant } from "./check-variant.js";
import { fillDefaults } from "./fill-defaults.js";
import { checkHalving, halvingOf } from "./halving.js";
import { weighed } from "./mend.js";
import { checkRandom, randomValues } from "./random-values.js";
import type { Located } from "./source.js";
import { baseOf } from "./sweep-base.js";
import { checkSeeds, comparisonOf, type FilledSweep, seedsOf } from "./sweep-question.js";
import type { Variant as WrittenVariant } from "./sweep-schema.js";
import type { MatchSpec, Sweep, VariantSpec } from "./sweep-spec.js";
import { checkTune, tuneOf } from "./tuning.js";
import { validateSchema } from "./validate-schema.js";

export type { AxisValue } from "./axes.js";
export { baseExperiment, isSweep } from "./sweep-base.js";
export * from "./sweep-spec.js";

/** Also reads the experiment that the sweep names. Throws DiagnosticError and InputError. */
export function checkSweep(located: Located, file: string): Sweep {
  const errors = validateSchema("sweep", located);
  if (errors.length > 0) throw new DiagnosticError(errors);
  const written = fillDefaults("sweep", located.value) as FilledSweep;
  const diagnostics = ownMistakes(written, located);
  const base = baseOf(written, located, file);
  if (!base.ok) diagnostics.push(...base.diagnostics);
  if (diagnostics.length > 0 || !base.ok) throw new DiagnosticError(diagnostics);
  return {
    name: written.name,
    variants: written.variants.map(({ name, set, grid, zip, exclude, match }) => ({
      name,
      set: set ?? {},
      grid: axesOf(grid),
      zip: axesOf(zip),
      exclude: (exclude ?? []) as VariantSpec["exclude"],
      match: matchOf(match),
    })),
    ...seedsOf(written),
    random: randomValues(written.random),
    tune: tuneOf(written),
    tuned: new Map(),
    halving: halvingOf(written),
    stopped: new Map(),
    launcher: written.launcher ?? { name: "local" },
    compare: comparisonOf(written),
    ...base.value,
    folder: dirname(resolve(file)),
    locate: located.locate,
  };
}

/** The number of mistakes in the sweep itself. Schema mistakes outweigh all others. */
export function sweepMistakes(located: Located): number {
  return weighed(
    validateSchema("sweep", located).length,
    () => ownMistakes(fillDefaults("sweep", located.value) as FilledSweep, located).length,
  );
}

function ownMistakes(written: FilledSweep, located: Located): Diagnostic[] {
  const found = collect(located, (report) => {
    for (const [index, variant] of written.variants.entries())
      checkVariant(variant, { path: ["variants", index], located, report });
    checkSeeds(written, located, report);
  });
  return [
    ...found,
    ...checkRandom(written, located),
    ...checkTune(written, located),
    ...checkHalving(written, located),
  ];
}

function matchOf(match: WrittenVariant["match"]): MatchSpec | null {
  if (match === undefined) return null;
  const cost = match.params === undefined ? "macs" : "params";
  return { cost, target: match[cost] as string, by: match.by ?? "width" };
}
