// squeezebox plan: shows the runs of a sweep, which of them are finished, and how long the others may take. Trains nothing.

import { join } from "node:path";
import { mostEpochs } from "../config/experiment-spec.js";
import { loadedFacts } from "../experiment/dataset-facts.js";
import { formatCount, formatDuration, formatLarge, formatTable, shortPath } from "../format.js";
import { matchWords, warningOf } from "../present/sentences.js";
import { type Backend, defaultJobs, type EngineOptions } from "../runtime/devices.js";
import { expectedBackend, gpusFor } from "../runtime/gpus.js";
import { estimateSeconds, measuredRate } from "../sweep/estimate.js";
import { type ExpandedSweep, expandSweep } from "../sweep/expand.js";
import { type FinishedRuns, indexFinishedRuns, withFinishedSeeds } from "../sweep/finished-runs.js";
import { askedSweep, type SweepInputs } from "../sweep/load-sweep.js";
import { finishedFingerprint } from "../sweep/run-identity.js";
import { seedPlanOf } from "../sweep/seeds/seed-plan.js";
import { longestShorter } from "../sweep/shorter-runs.js";
import { type Stage, staged } from "../sweep/stages.js";
import type { Run } from "../sweep/variant.js";
import { watchData } from "./data-progress.js";
import { lineWidth, print, printError, printJson } from "./output.js";
import { memoryPlan } from "./plan-memory.js";
import { planSeeds } from "./plan-seeds.js";

export interface PlanFlags extends SweepInputs {
  readonly runs: string;
  readonly jobs?: number;
  readonly json: boolean;
}

export async function plan(file: string, flags: PlanFlags): Promise<number> {
  const view = watchData(flags.json);
  const factsOf = loadedFacts(view.progressed);
  const asked = askedSweep(file, flags);
  const { sweep: own, pending } = await staged(asked, { root: flags.runs, factsOf });
  const sweep = await expandSweep(own, asked.overrides, factsOf).finally(view.close);
  const all = withFinishedSeeds(sweep, join(flags.runs, sweep.name));
  return printPlan(all, { ...flags, before: pending, warning: warningOf(all) });
}

interface PlanOptions extends Pick<PlanFlags, "runs" | "jobs" | "json"> {
  readonly engine?: EngineOptions;
  /** What is trained before, if anything is. */
  readonly before: Stage | null;
  /** What people should know before they wait; null if there is nothing. */
  readonly warning: string | null;
}

/** For programs, and for people. */
interface Plan {
  readonly record: object;
  readonly text: string;
}

/** Shows the plan, as text or JSON. */
export function printPlan(sweep: ExpandedSweep, options: PlanOptions): number {
  const { runs: root, json, before, warning } = options;
  const finished = indexFinishedRuns(root);
  for (const problem of finished.skipped) printError(problem);
  const { record, text } = planOf(sweep, { ...options, finished });
  const first = before && planOf(before.sweep, { ...options, finished });
  if (json) {
    printJson({
      name: sweep.name,
      ...record,
      ...(first && { before: { name: before.sweep.name, ...first.record } }),
    });
    return 0;
  }
  if (first) print(`${before.title}:\n\n${first.text}\n\nafter that, with what it has decided, at most:\n`);
  print([text, ...(warning === null ? [] : [warning])].join("\n"));
  return 0;
}

function planOf(
  sweep: ExpandedSweep,
  {
    runs: root,
    engine = { backend: "auto", device: "cpu", threads: 1 },
    jobs = defaultJobs(engine, gpusFor(engine)),
    finished: before,
  }: PlanOptions & { readonly finished: FinishedRuns },
): Plan {
  const { macsPerSecond, source } = measuredRate([...before.folders.values()]);
  const folder = join(root, sweep.name);
  const backend = expectedBackend(engine);
  /** Adds what the largest of the runs will need. */
  const withMemory = (runs: readonly Run[], plan: Plan): Plan => {
    const memory = memoryPlan(runs, { engine: { ...engine, backend }, jobs });
    if (memory === null) return plan;
    return {
      record: { ...plan.record, memoryBytes: memory.bytes },
      text: `${plan.text}\n${memory.text}`,
    };
  };
  const seedPlan = seedPlanOf(sweep);
  if (seedPlan !== null) {
    const { record, text } = planSeeds(sweep, seedPlan, {
      ...{ folder, finished: before.folders, jobs, macsPerSecond },
    });
    return withMemory(sweep.runs, { record, text: `${text}\n(${source})` });
  }
  const runs = plannedRuns(sweep, { folder, before, macsPerSecond, backend });
  const left = runs.filter(({ trains }) => trains);
  const seconds = secondsFor(left, jobs);
  const matched = sweep.variants.flatMap(({ name, match }) =>
    match ? [`${name} has the ${matchWords({ ...match, of: match.target })}`] : [],
  );
  const text = [
    planTable(runs),
    ...(matched.length > 0 ? [`\n${matched.join("\n")}`] : []),
    `\n${runs.length} runs, ${left.length} to train: about ${formatDuration(seconds)} with ${jobs} at a time (${source})`,
  ].join("\n");
  return withMemory(
    left.map(({ run }) => run),
    { record: { seconds, runs: runs.map(planRecord) }, text },
  );
}

interface PlannedRun extends RunOutlook {
  readonly run: Run;
  /** The estimated training time; 0 if the run is not trained. */
  readonly seconds: number;
}

interface RunOutlook {
  readonly trains: boolean;
  readonly status: string;
}

interface Surroundings {
  readonly folder: string;
  readonly before: FinishedRuns;
  readonly backend: Backend;
}

function plannedRuns(
  sweep: ExpandedSweep,
  { macsPerSecond, ...around }: Surroundings & { macsPerSecond: number },
): PlannedRun[] {
  const first = new Map<string, string>();
  return sweep.runs.map((run) => {
    const earlier = first.get(run.fingerprint);
    first.set(run.fingerprint, earlier ?? run.name);
    const outlook = outlookOf(run, { ...around, earlier, stopped: sweep.stopped });
    return { run, ...outlook, seconds: outlook.trains ? estimateSeconds(run, macsPerSecond) : 0 };
  });
}

/** `earlier`: the first equal run in the sweep, if there is one. */
function outlookOf(
  run: Run,
  {
    folder,
    before,
    backend,
    earlier,
    stopped,
  }: Surroundings & { readonly earlier: string | undefined } & Pick<ExpandedSweep, "stopped">,
): RunOutlook {
  const known = (status: string) => ({ trains: false, status });
  const path = join(folder, run.name);
  const here = finishedFingerprint(path);
  if (here === run.fingerprint) return known("finished");
  const elsewhere = before.folders.get(run.fingerprint);
  if (elsewhere !== undefined) return known(`finished as ${elsewhere}`);
  if (stopped.has(run.variant.name)) return known("stopped");
  if (earlier !== undefined) return known(`same as ${earlier}`);
  const { trajectory, experiment } = run;
  const shorter = longestShorter(
    "",
    { trajectory, epochs: mostEpochs(experiment.training), backend },
    before,
  );
  return { trains: true, status: `to train${shorter ? ` after epoch ${shorter.epochs}` : ""}` };
}

/** The estimated time for all runs; never less than for the longest one. */
function secondsFor(runs: readonly PlannedRun[], jobs: number): number {
  const total = runs.reduce((sum, { seconds }) => sum + seconds, 0);
  const longest = Math.max(0, ...runs.map(({ seconds }) => seconds));
  return Math.max(longest, total / jobs);
}

function planRecord({ run, status, seconds }: PlannedRun): object {
  const { name, axes, match, complexity } = run.variant;
  return {
    run: run.name,
    variant: name,
    seed: run.seed,
    axes,
    drawn: run.drawn,
    tuned: run.variant.tuned,
    match,
    params: complexity.params,
    macs: complexity.macs,
    fingerprint: run.fingerprint,
    status,
    seconds,
  };
}

function planTable(runs: readonly PlannedRun[]): string {
  const axes = runs.map(({ run }) => formatAxes(run));
  const hasAxes = axes.some((text) => text !== "");
  return formatTable(
    ["run", ...(hasAxes ? ["axes"] : []), "parameters", "MACs", "about", "status"],
    runs.map(({ run, status, seconds }, index) => [
      run.name,
      ...(hasAxes ? [axes[index] as string] : []),
      formatCount(run.variant.complexity.params.trainable),
      formatLarge(run.variant.complexity.macs),
      seconds > 0 ? formatDuration(seconds) : "",
      status,
    ]),
    { right: hasAxes ? [2, 3, 4] : [1, 2, 3], width: lineWidth() },
  );
}

/** `r=4;bias=true`, and what was tuned or drawn, as in `optimizer.learningRate=0.05`. */
function formatAxes({ variant, drawn }: Run): string {
  const values = Object.entries({ ...variant.tuned, ...drawn }).map(([path, value]) => [
    shortPath(path),
    value,
  ]);
  return [...Object.entries(variant.axes), ...values].map(([name, value]) => `${name}=${value}`).join(";");
}
