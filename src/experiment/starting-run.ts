// The run that an experiment starts from: which one it is, and whether its weights fit.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../config/experiment.js";
import type { LongForm } from "../config/shorthand.js";
import { isWritten } from "../config/source.js";
import {
  collect,
  type Diagnostic,
  DiagnosticError,
  InputError,
  type Path,
  type Report,
} from "../diagnostic.js";
import type { Graph } from "../network/graph.js";
import { transferOf } from "../network/transfer.js";
import { readResult } from "../records/run-folder.js";
import { type FinishedRun, readFinishedRun } from "./finished-run.js";

/** The experiment with the folder and the fingerprint of the run that it starts from, as far as that has finished. */
export function withStartingRun(experiment: Experiment): Experiment {
  const { from, seed } = experiment;
  if (from === "none") return experiment;
  const run = folderOf(from.run, seed);
  const fingerprint = from.fingerprint === "any" ? readResult(run)?.fingerprint : from.fingerprint;
  return { ...experiment, from: { run, fingerprint: fingerprint ?? "any" } };
}

/** The folder of a run, or in the folder of a variant that of its run with this seed. */
function folderOf(path: string, seed: number): string {
  const own = join(path, `seed-${seed}`);
  return readResult(path) === null && existsSync(own) ? own : path;
}

/** What is wrong with the run that an experiment starts from, or with using its weights for the network `graph`. */
export function checkStartingRun(
  { from, seed }: Pick<Experiment, "from" | "seed">,
  { located, graph }: { readonly located: LongForm; readonly graph: Graph },
): Diagnostic[] {
  if (from === "none") return [];
  const path: Path = isWritten(located, ["from", "run"]) ? ["from", "run"] : ["from"];
  return collect(located, (report) => {
    const run = finishedRun(folderOf(from.run, seed), { path, seed, report });
    if (run === null) return;
    if (from.fingerprint !== "any" && from.fingerprint !== run.result.fingerprint)
      report(
        "no-such-run",
        `the run in ${run.folder.path} is another one: its fingerprint is ${run.result.fingerprint}, not ${from.fingerprint}`,
        path,
      );
    const { taken, anew, unfit } = transferOf(run.graph, graph);
    const lost = graph.flatMap(({ name, frozen }) =>
      frozen && anew.some((weight) => weight.startsWith(`${name}/`)) ? [name] : [],
    );
    const [first, ...more] = unfit;
    if (first)
      report(
        "other-weights",
        `${first.name} is ${first.here.join("x")} in this network, but ${first.there.join("x")} in ${run.folder.path}${more.length > 0 ? `, and ${more.length} more weights differ` : ""}; only the head may have another size`,
        path,
      );
    else if (lost.length > 0)
      report(
        "other-weights",
        `${lost.join(", ")} would start anew and be frozen, since ${run.folder.path} ${lost.length === 1 ? "does not have it in this size" : "does not have them in these sizes"}; except ${lost.length === 1 ? "it" : "them"}: ${lost.map((name) => `"!${name}"`).join(", ")}`,
        isWritten(located, ["network", "freeze"]) ? ["network", "freeze"] : path,
      );
    else if (taken.length === 0)
      report("other-weights", `${run.folder.path} has no weights with the names of this network's`, path);
  });
}

function finishedRun(
  folder: string,
  { path, seed, report }: { path: Path; seed: number; report: Report },
): FinishedRun | null {
  try {
    return readFinishedRun(folder);
  } catch (error) {
    if (error instanceof DiagnosticError) {
      report("no-such-run", `cannot start from this run: ${join(folder, "config.yaml")} is damaged`, path);
      return null;
    }
    if (!(error instanceof InputError)) throw error;
    const seeds = finishedSeeds(folder);
    const message =
      seeds.length > 0
        ? `no run with seed ${seed} has finished in ${folder}; the seeds of those that have are ${seeds.join(", ")}`
        : error.message;
    report("no-such-run", `cannot start from this run: ${message}`, path);
    return null;
  }
}

/** The seeds of the finished runs in the folder of a variant. */
function finishedSeeds(folder: string): number[] {
  const names = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
  return names
    .flatMap((name) =>
      /^seed-\d+$/.test(name) && readResult(join(folder, name)) ? [Number(name.slice(5))] : [],
    )
    .sort((a, b) => a - b);
}
