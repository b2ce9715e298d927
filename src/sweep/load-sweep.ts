// A file -> the sweep in it, with the changes that the command line asks for.

import { mistakesOfAllRounds } from "../config/mend.js";
import { type Override, parseSetFlag } from "../config/override.js";
import { type Located, readSource } from "../config/source.js";
import { baseExperiment, checkSweep, isSweep, type Sweep, sweepMistakes } from "../config/sweep.js";
import { overlap } from "../config/training-paths.js";
import type { OnProgress } from "../data/progress.js";
import { type Diagnostic, DiagnosticError, InputError } from "../diagnostic.js";
import { loadedFacts } from "../experiment/dataset-facts.js";
import { everyMistake } from "../experiment/every-mistake.js";
import { quickOverrides, quickSweep } from "../experiment/quick.js";
import { type ExpandedSweep, expandSweep } from "./expand.js";
import { checkedPoints } from "./points.js";

/** Throws InputError and DiagnosticError, with every mistake in the sweep. */
export function loadSweep(file: string): Sweep {
  const source = readSource(file);
  if (source.value === null) throw new InputError(`${file} is empty`);
  if (!isSweep(source))
    throw new InputError(`${file} is an experiment, not a sweep; use \`squeezebox train\``);
  try {
    return checkSweep(source, file);
  } catch (error) {
    throw error instanceof DiagnosticError ? new DiagnosticError(everySweepMistake(source, file)) : error;
  }
}

/** Returns all mistakes in a sweep: in its own keys, its axes, its experiment and its variants. */
function everySweepMistake(source: Located, file: string): Diagnostic[] {
  const base = baseExperiment(source, file);
  const own = mistakesOfAllRounds(source.value, {
    schema: "sweep",
    placeOf: (path) => path,
    look: (value) => {
      try {
        const { diagnostics } = checkedPoints(checkSweep({ ...source, value }, file), []);
        return { diagnostics, isLast: true };
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        return { diagnostics: error.diagnostics, isLast: false };
      }
    },
    mistakesIn: (value) => sweepMistakes({ ...source, value }),
  });
  return [...(base ? everyMistake(base.located, base.directory) : []), ...own];
}

export interface SweepInputs {
  readonly set: readonly string[];
  /** Replaces the seeds of the sweep: `1,2,3` or `1-8`. */
  readonly seeds?: string;
  readonly quick: boolean;
}

/** Expands the sweep in a file, with the changes that the command line asks for. Throws InputError and DiagnosticError. */
export function expandFile(
  file: string,
  inputs: SweepInputs,
  onProgress: OnProgress,
): Promise<ExpandedSweep> {
  const { sweep, overrides } = askedSweep(file, inputs);
  return expandSweep(sweep, overrides, loadedFacts(onProgress));
}

/** A sweep, and what the command line changes in its experiments. */
export interface AskedSweep {
  readonly sweep: Sweep;
  readonly overrides: readonly Override[];
}

/** The sweep in a file, as the command line asks for it. Throws InputError and DiagnosticError. */
export function askedSweep(file: string, { set, seeds, quick }: SweepInputs): AskedSweep {
  const sweep = withSeeds(loadSweep(file), seeds);
  const overrides = [...(quick ? quickOverrides(sweep.experiment) : []), ...set.map(parseSetFlag)];
  return { sweep: withoutGiven(quick ? quickSweep(sweep) : sweep, overrides), overrides };
}

/** What the command line gives a value is neither drawn nor tuned. */
function withoutGiven(sweep: Sweep, overrides: readonly Override[]): Sweep {
  const isFree = ({ path }: { readonly path: string }) =>
    !overrides.some((one) => overlap(one.path.join("."), path));
  const over = sweep.tune?.over.filter(isFree) ?? [];
  return {
    ...sweep,
    random: sweep.random.filter(isFree),
    tune: sweep.tune && over.length > 0 ? { ...sweep.tune, over } : null,
  };
}

/** Replaces the seeds of the sweep if the command line names others (`1,2,3` or `1-8`). */
function withSeeds(sweep: Sweep, seeds: string | undefined): Sweep {
  if (seeds === undefined) return sweep;
  const numbers = seeds.split(",").flatMap(seedsOf);
  if (
    !numbers.every((seed) => Number.isInteger(seed) && seed <= 0xffff_ffff) ||
    new Set(numbers).size < numbers.length
  )
    throw new InputError(`--seeds must be distinct whole numbers, such as 1,2,3 or 1-8; found ${seeds}`);
  const both = numbers.filter((seed) => sweep.tune?.seeds.includes(seed));
  if (both.length > 0)
    throw new InputError(`--seeds: with ${both.join(", ")}, values are tuned; use other seeds to compare`);
  return { ...sweep, seeds: numbers, question: null };
}

/** `4` or `1-8`; anything else is not a number. */
function seedsOf(text: string): number[] {
  const [, first, last = first] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text.trim()) ?? [];
  const count = Number(last) - Number(first) + 1;
  return count >= 1 && count <= 1000
    ? Array.from({ length: count }, (_, index) => Number(first) + index)
    : [Number.NaN];
}
