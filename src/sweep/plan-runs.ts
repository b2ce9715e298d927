// An expanded sweep -> the runs that it lacks: earlier results are reused, or set aside if they belong to other configurations.

import { join, relative, resolve } from "node:path";
import { mostEpochs } from "../config/experiment-spec.js";
import { InputError } from "../diagnostic.js";
import { addEvents } from "../records/event-file.js";
import { writeWhole } from "../records/files.js";
import { holderOf } from "../records/lock.js";
import { runFolder } from "../records/run-folder.js";
import type { RunState } from "../records/run-status.js";
import type { Backend } from "../runtime/devices.js";
import { expectedBackend } from "../runtime/gpus.js";
import type { ExpandedSweep } from "./expand.js";
import { type FinishedRuns, indexFinishedRuns, reuseRun } from "./finished-runs.js";
import { checkFree, isOther, setAside } from "./set-aside.js";
import { continueShorter } from "./shorter-runs.js";
import type { SweepOptions } from "./sweep-options.js";
import { sweepTables } from "./sweep-tables.js";
import type { Run } from "./variant.js";
import { signsIn, signsOf } from "./work/signs.js";

/**
 * Sets the results of other configurations aside, reuses finished runs, and writes the first tables. Returns the runs to train, in
 * groups of identical ones.
 */
export function planRuns(
  sweep: ExpandedSweep,
  states: Map<string, RunState>,
  options: SweepOptions,
): Run[][] {
  const { root, folder, text, tensorboard, watcher } = options;
  // On which machines workers elsewhere will run, and what `auto` is there, is not known.
  const backend = options.launcher.isAttached || options.backend !== "auto" ? expectedBackend(options) : null;
  const others = sweep.runs.filter(({ name, fingerprint }) =>
    isOther(join(folder, name), { fingerprint, backend }),
  );
  checkNotStartedFrom(sweep, { folder, others });
  // Either all of them can be moved, or nothing is changed.
  for (const { name } of others) checkFree(folder, name);
  for (const { name } of others) setAside(folder, name);
  writeWhole(join(folder, "sweep.yaml"), text);
  const before = indexFinishedRuns(root);
  const known = reuseFinished(sweep, { root, folder, states, index: before.folders });
  const stopped = sweep.runs.filter((run) => sweep.stopped.has(run.variant.name) && !states.has(run.name));
  for (const { name, variant } of stopped)
    states.set(name, { status: "stopped", reason: sweep.stopped.get(variant.name) ?? "" });
  sweepTables(sweep, { folder, states }).write();
  if (tensorboard) for (const run of known) addEvents(runFolder(join(folder, run.name)), Date.now() / 1000);
  const queue = groupByFingerprint(sweep.runs.filter((run) => !states.has(run.name)));
  forgetEarlier(queue, folder);
  sayFinished(known, folder);
  if (backend !== null) continueRuns(queue, { folder, backend, before });
  watcher.planned(sweep.runs, {
    known,
    skipped: before.skipped,
    replaced: others.length,
    mayNeedFewer: sweep.question !== null,
  });
  for (const run of stopped) watcher.ended(run, states.get(run.name) as RunState);
  return queue;
}

/** Throws InputError if a run that would be set aside is one that another run starts from. */
function checkNotStartedFrom(
  { runs }: ExpandedSweep,
  { folder, others }: { readonly folder: string; readonly others: readonly Run[] },
): void {
  const moved = new Set(others.map(({ name }) => resolve(folder, name)));
  const source = runs
    .map(({ experiment }) => experiment.from)
    .find((from) => from !== "none" && moved.has(from.run));
  if (typeof source === "object")
    throw new InputError(
      `${source.run} would be replaced by this sweep, which starts from it; give the sweep another name`,
    );
}

/** A worker may have been killed before it could say that its run has finished. */
function sayFinished(known: readonly Run[], folder: string): void {
  const { running } = signsIn(folder);
  for (const { fingerprint } of known) if (running.has(fingerprint)) signsOf(folder, fingerprint).finished();
}

/** Runs that have failed are tried again; what is being trained is left alone. */
function forgetEarlier(queue: readonly (readonly Run[])[], folder: string): void {
  const { failed, finished, running } = signsIn(folder);
  for (const [run] of queue as [Run][]) {
    const { fingerprint, name } = run;
    const isStale = failed.has(fingerprint) || finished.has(fingerprint);
    if (isStale || (running.has(fingerprint) && holderOf(join(folder, name)) === null))
      signsOf(folder, fingerprint).pending();
  }
}

function continueRuns(
  queue: readonly (readonly Run[])[],
  { folder, backend, before }: { folder: string; backend: Backend; before: FinishedRuns },
): void {
  const { running } = signsIn(folder);
  for (const [run] of queue as [Run][]) {
    const { trajectory, experiment, name, fingerprint } = run;
    if (running.has(fingerprint)) continue;
    continueShorter(
      join(folder, name),
      { trajectory, epochs: mostEpochs(experiment.training), backend },
      before,
    );
  }
}

/** Keeps the runs that have finished in the folder, and copies those that have finished elsewhere. Returns both. */
function reuseFinished(
  sweep: ExpandedSweep,
  {
    root,
    folder,
    states,
    index,
  }: { root: string; folder: string; states: Map<string, RunState>; index: ReadonlyMap<string, string> },
): Run[] {
  return sweep.runs.filter((run) => {
    const here = join(folder, run.name);
    const found = reuseRun(here, run.fingerprint, index);
    if (found === null) return false;
    states.set(run.name, {
      status: "finished",
      reason: found === here ? "" : `same as ${relative(root, found)}`,
    });
    return true;
  });
}

function groupByFingerprint(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) groups.set(run.fingerprint, [...(groups.get(run.fingerprint) ?? []), run]);
  return [...groups.values()];
}
