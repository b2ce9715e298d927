// The interface for other programs: turns files into experiments and sweeps, sweeps into runs, and runs into comparisons.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { silentView } from "./commands/progress.js";
import { showOutcome } from "./commands/stage-tables.js";
import type { Experiment } from "./config/experiment.js";
import { parseSetFlag } from "./config/override.js";
import { readSource } from "./config/source.js";
import { InputError } from "./diagnostic.js";
import { loadedFacts } from "./experiment/dataset-facts.js";
import { loadExperiment } from "./experiment/load-experiment.js";
import { type Comparison, type ComparisonAsked, compareSweeps } from "./report/comparison.js";
import { readSweep } from "./report/read-sweep.js";
import { defaultLoaders, type EngineOptions } from "./runtime/devices.js";
import { gpusFor } from "./runtime/gpus.js";
import { type ExpandedSweep, expandSweep } from "./sweep/expand.js";
import { withFinishedSeeds } from "./sweep/finished-runs.js";
import { localLauncher } from "./sweep/launch/local.js";
import { askedSweep, expandFile, type SweepInputs } from "./sweep/load-sweep.js";
import { runSweep } from "./sweep/run-sweep.js";
import { staged } from "./sweep/stages.js";
import type { SweepEnd, SweepWatcher } from "./sweep/sweep-options.js";

export type { Experiment } from "./config/experiment.js";
export { type Diagnostic, DiagnosticError, InputError } from "./diagnostic.js";
export type { DiagnosticCode } from "./diagnostic-codes.js";
export type { Uncompared } from "./report/comparable-variants.js";
export type { Comparison, ComparisonAsked, VariantComparison } from "./report/comparison.js";
export type { EngineOptions } from "./runtime/devices.js";
export type { ExpandedSweep } from "./sweep/expand.js";
export type { SweepEnd, SweepWatcher } from "./sweep/sweep-options.js";
export type { Run, Variant } from "./sweep/variant.js";

/** Returns the experiment that a YAML file describes, with all defaults filled in. Throws DiagnosticError and InputError. */
export function load(file: string, { set = [] }: { set?: readonly string[] } = {}): Experiment {
  return loadExperiment(file, set.map(parseSetFlag)).experiment;
}

/**
 * Returns the variants and runs of a sweep file, and reads their data. `set`: as `--set` on the command line; `seeds`: `1,2,3`
 * or `1-8`. Throws DiagnosticError and InputError.
 */
export function expand(file: string, inputs: Partial<SweepInputs> = {}): Promise<ExpandedSweep> {
  return expandFile(file, { set: [], quick: false, ...inputs }, () => {});
}

export interface SweepRunOptions extends Partial<SweepInputs>, Partial<EngineOptions> {
  /** The folder of all results, in which each sweep has its own folder. */
  readonly runs?: string;
  /** The number of runs that are trained at a time. */
  readonly jobs?: number;
  readonly tensorboard?: boolean;
  /** Whether runs keep what they predict of each test image (the default). */
  readonly predictions?: boolean;
  /** The number of threads that load images, for each run. */
  readonly loaders?: number;
  /** Stops the sweep, which continues when it is next started. */
  readonly signal?: AbortSignal;
  readonly watcher?: SweepWatcher;
}

/**
 * Trains the runs that a sweep still lacks, each in its own process, after those in which its variants are tuned or halved, if it asks for
 * that. Throws DiagnosticError and InputError.
 */
export async function sweep(file: string, options: SweepRunOptions = {}): Promise<SweepEnd> {
  const { runs: root = "runs", signal = new AbortController().signal, watcher = silentView() } = options;
  const {
    backend = "auto",
    device = "cpu",
    threads = 1,
    xla = false,
    jobs = 1,
    tensorboard = false,
    predictions = true,
  } = options;
  const { loaders = defaultLoaders() } = options;
  const asked = askedSweep(file, { set: [], quick: false, ...options });
  const factsOf = loadedFacts(() => {});
  const text = readFileSync(file, "utf8");
  const engine = { backend, device, threads, xla };
  const train = (expanded: ExpandedSweep, text: string) => {
    const folder = join(root, expanded.name);
    return runSweep(withFinishedSeeds(expanded, folder), {
      ...{ ...engine, root, folder, text, tensorboard, predictions, loaders, signal, watcher },
      launcher: localLauncher(jobs, gpusFor(engine)),
    });
  };
  const failed = new Map<string, ReadonlySet<string>>();
  for (;;) {
    const { sweep: own, pending, lost } = await staged(asked, { root, factsOf, failed });
    if (lost.length > 0)
      throw new InputError(`all runs in which values were tried for ${lost.join(", ")} have failed`);
    if (pending === null) return train(await expandSweep(own, asked.overrides, factsOf), text);
    const end = await train(pending.sweep, stringify(pending.text(readSource(file).value as object)));
    if (end.interrupted || end.left !== null) return end;
    const names = new Set(end.failed.map(({ run }) => run.name));
    failed.set(pending.sweep.name, names);
    const folder = join(root, pending.sweep.name);
    const outcome = pending.outcome({ folder, failed: names });
    if (outcome !== null) showOutcome(outcome, { asked: asked.sweep, folder, json: true });
  }
}

/** Compares the runs in the folders of sweeps: means, paired differences and tests. Throws InputError. */
export function compare(folders: readonly string[], asked: ComparisonAsked = {}): Comparison {
  return compareSweeps(folders.map(readSweep), asked);
}
