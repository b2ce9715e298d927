// What several commands read: files, flags, datasets.

import { type Checked, checkExperiment, directoryOf, type Experiment } from "../config/experiment.js";
import { mistakesOfAllRounds } from "../config/mend.js";
import { applyOverrides, type Override, parseSetFlag } from "../config/override.js";
import { type LongForm, longForm } from "../config/shorthand.js";
import { type Located, readSource } from "../config/source.js";
import { didYouMean } from "../config/suggest.js";
import { baseExperiment, checkSweep, isSweep, type Sweep, sweepMistakes } from "../config/sweep.js";
import { describeDataset, loadDataset } from "../data/dataset.js";
import { SplitError } from "../data/splits.js";
import { collect, type Diagnostic, DiagnosticError, InputError } from "../diagnostic.js";
import { buildNetwork, type NetworkInput } from "../network/build-network.js";
import { checkBuilt } from "../network/check-built.js";
import { everyMistake } from "../network/every-mistake.js";
import { canonical } from "../network/fingerprint.js";
import type { Graph } from "../network/graph.js";
import { BACKENDS, DEVICE_NAMES, type EngineOptions } from "../runtime/devices.js";
import { type DatasetFacts, type DatasetReaders, type ExpandedSweep, expandSweep } from "../sweep/expand.js";
import { checkedPoints } from "../sweep/points.js";
import { quickOverrides, quickSweep } from "./quick.js";

export interface LoadedExperiment {
  readonly experiment: Experiment;
  readonly located: LongForm;
  /** The folder that relative paths of the experiment start at. */
  readonly directory: string;
}

/** Too few images are a mistake of the key that asks for them. */
export function locateSplit(error: unknown, located: Located): unknown {
  if (!(error instanceof SplitError)) return error;
  const { message, key } = error;
  return new DiagnosticError(
    collect(located, (report) => report("too-few-images", message, ["dataset", key])),
  );
}

/** `--set` flags, in order. Throws DiagnosticError. */
export function parseOverrides(flags: readonly string[]): Override[] {
  return flags.map(parseSetFlag);
}

/** `quick`: whether it is only to be tried. Throws InputError and DiagnosticError. */
export function loadExperiment(
  file: string,
  overrides: readonly Override[],
  { quick = false }: { quick?: boolean } = {},
): LoadedExperiment {
  const source = readSource(file);
  if (isSweep(source))
    throw new InputError(
      `${file} is a sweep, but this command needs an experiment (the sweep names one under \`experiment\`)`,
    );
  const base = longForm(source);
  const located = orThrow(applyOverrides(base, [...(quick ? quickOverrides(base) : []), ...overrides]));
  const directory = directoryOf(file);
  const checked = checkExperiment(located, directory);
  if (!checked.ok) throw new DiagnosticError(everyMistake({ located, directory, inputOf }));
  return { experiment: checked.value, located, directory };
}

/** What a network is given, where the data are there. */
function inputOf(dataset: Experiment["dataset"]): NetworkInput | null {
  try {
    return describeDataset(dataset);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function orThrow<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new DiagnosticError(checked.diagnostics);
  return checked.value;
}

/** The network for images of the given shape; its mistakes as diagnostics. */
export function networkOf(
  { experiment, located, directory }: LoadedExperiment,
  input: Pick<DatasetFacts, "shape" | "classes"> & Partial<Pick<DatasetFacts, "trainImages">>,
): Graph {
  const graph = buildNetwork(experiment.network, input);
  const diagnostics = checkBuilt({ located, directory, experiment, graph, input });
  if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
  return graph;
}

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

/** All that is wrong with a sweep: its own keys, its axes, its experiment, its variants. */
function everySweepMistake(source: Located, file: string): Diagnostic[] {
  const base = baseExperiment(source, file);
  const own = mistakesOfAllRounds(source.value, {
    schema: "sweep",
    placeOf: (path) => path,
    look: (value) => {
      try {
        const { diagnostics } = checkedPoints(checkSweep({ ...source, value }, file), [], inputOf);
        return { diagnostics, isLast: true };
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        return { diagnostics: error.diagnostics, isLast: false };
      }
    },
    mistakesIn: (value) => sweepMistakes({ ...source, value }),
  });
  return [...(base ? everyMistake({ ...base, inputOf }) : []), ...own];
}

export interface SweepInputs {
  readonly set: readonly string[];
  /** In place of the sweep's: `1,2,3`. */
  readonly seeds?: string;
  readonly quick: boolean;
}

/** The sweep a file holds as the command line asks for it. Throws InputError and DiagnosticError. */
export function expandFile(file: string, { set, seeds, quick }: SweepInputs): Promise<ExpandedSweep> {
  const sweep = loadSweep(file);
  const asked = withSeeds(quick ? quickSweep(sweep) : sweep, seeds);
  const overrides = [...(quick ? quickOverrides(sweep.experiment) : []), ...parseOverrides(set)];
  return expandSweep(asked, overrides, rememberedFacts());
}

/** The sweep with other seeds where the command line names some (`1,2,3` or `1-8`). */
function withSeeds(sweep: Sweep, seeds: string | undefined): Sweep {
  if (seeds === undefined) return sweep;
  const numbers = seeds.split(",").flatMap(seedsOf);
  if (
    !numbers.every((seed) => Number.isInteger(seed) && seed <= 0xffff_ffff) ||
    new Set(numbers).size < numbers.length
  )
    throw new InputError(`--seeds must be distinct whole numbers, such as 1,2,3 or 1-8; found ${seeds}`);
  return { ...sweep, seeds: numbers };
}

/** `4` or `1-8`; anything else is not a number. */
function seedsOf(text: string): number[] {
  const [, first, last = first] = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(text.trim()) ?? [];
  const count = Number(last) - Number(first) + 1;
  return count >= 1 && count <= 1000
    ? Array.from({ length: count }, (_, index) => Number(first) + index)
    : [Number.NaN];
}

/** Facts that need the data themselves, each dataset loaded once. */
export function rememberedFacts(): DatasetReaders {
  return remember(async ({ dataset }) => {
    const { shape, classes, train, test, fingerprint } = await loadDataset(dataset);
    return { shape, classes, trainImages: train.count, testImages: test.count, fingerprint };
  });
}

/** Facts without loading the data: no count of images, and a fingerprint of the description only. */
export function describedFacts(): DatasetReaders {
  return remember(async ({ dataset }) => ({
    ...describeDataset(dataset),
    trainImages: 0,
    testImages: 0,
    fingerprint: canonical(dataset),
  }));
}

function remember(facts: DatasetReaders["factsOf"]): DatasetReaders {
  const known = new Map<string, Promise<DatasetFacts>>();
  const factsOf = (experiment: Experiment) => {
    const key = canonical(experiment.dataset);
    const found = known.get(key) ?? facts(experiment);
    known.set(key, found);
    return found;
  };
  return { factsOf, inputOf, explain: locateSplit };
}

export interface EngineFlags {
  readonly backend: string;
  readonly device: string;
  readonly threads: number;
}

export function parseEngine({ backend, device, threads }: EngineFlags): EngineOptions {
  return {
    backend: oneOf("--backend", backend, BACKENDS),
    device: oneOf("--device", device, DEVICE_NAMES),
    threads,
  };
}

function oneOf<Name extends string>(flag: string, value: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === value);
  if (!found)
    throw new InputError(
      `${flag} must be one of ${names.join(", ")}; found ${value}${didYouMean(value, names)}`,
    );
  return found;
}
