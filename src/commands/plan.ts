// squeezebox plan: the runs of a sweep, what is known of them already, how long the rest may take. Trains nothing.

import { join } from "node:path";
import { formatCount, formatDuration, formatLarge, formatTable } from "../format.js";
import { matchWords, warningOf } from "../present/sentences.js";
import type { AxisValues } from "../records/variant-cells.js";
import { defaultJobs } from "../runtime/devices.js";
import { estimateSeconds, measuredRate } from "../sweep/estimate.js";
import { comparisonsIn, type ExpandedSweep } from "../sweep/expand.js";
import {
  type FinishedRuns,
  finishedFingerprint,
  indexFinishedRuns,
  longestShorter,
  withFinishedSeeds,
} from "../sweep/finished-runs.js";
import { expandFile, type SweepInputs } from "../sweep/load-sweep.js";
import type { Run } from "../sweep/variant.js";
import { lineWidth, print, printError, printJson } from "./output.js";

export interface PlanFlags extends SweepInputs {
  readonly runs: string;
  readonly jobs?: number;
  readonly json: boolean;
}

export async function plan(file: string, flags: PlanFlags): Promise<number> {
  const sweep = await expandFile(file, flags);
  return printPlan(withFinishedSeeds(sweep, join(flags.runs, sweep.name)), flags);
}

export function printPlan(
  sweep: ExpandedSweep,
  {
    runs: root,
    jobs = defaultJobs({ backend: "auto", device: "cpu", threads: 1 }),
    json,
  }: Pick<PlanFlags, "runs" | "jobs" | "json">,
): number {
  const before = indexFinishedRuns(root);
  const { folders: index, skipped } = before;
  for (const problem of skipped) printError(problem);
  const rate = measuredRate([...index.values()]);
  const first = new Map<string, string>();
  const planned = sweep.runs.map((run) => {
    const earlier = first.get(run.fingerprint);
    first.set(run.fingerprint, earlier ?? run.name);
    const { trains, status } = statusOf(run, { folder: join(root, sweep.name), before, earlier });
    return { run, trains, status, seconds: trains ? estimateSeconds(run, rate.macsPerSecond) : 0 };
  });
  const left = planned.filter(({ trains }) => trains);
  const total = left.reduce((sum, { seconds }) => sum + seconds, 0);
  const longest = Math.max(0, ...left.map(({ seconds }) => seconds));
  const seconds = Math.max(longest, total / jobs);
  if (json) {
    printJson({
      name: sweep.name,
      seconds,
      runs: planned.map(({ run, status, seconds }) => ({
        run: run.name,
        variant: run.variant.name,
        seed: run.seed,
        axes: run.variant.axes,
        match: run.variant.match,
        params: run.variant.complexity.params,
        macs: run.variant.complexity.macs,
        fingerprint: run.fingerprint,
        status,
        seconds,
      })),
    });
    return 0;
  }
  const hasAxes = sweep.variants.some(({ axes }) => Object.keys(axes).length > 0);
  print(
    formatTable(
      ["run", ...(hasAxes ? ["axes"] : []), "parameters", "MACs", "about", "status"],
      planned.map(({ run, status, seconds }) => [
        run.name,
        ...(hasAxes ? [formatAxes(run.variant.axes)] : []),
        formatCount(run.variant.complexity.params.trainable),
        formatLarge(run.variant.complexity.macs),
        seconds > 0 ? formatDuration(seconds) : "",
        status,
      ]),
      { right: hasAxes ? [2, 3, 4] : [1, 2, 3], width: lineWidth() },
    ),
  );
  const matched = sweep.variants.flatMap(({ name, match }) =>
    match ? [`${name} has the ${matchWords({ ...match, of: match.target })}`] : [],
  );
  if (matched.length > 0) print(`\n${matched.join("\n")}`);
  print(
    `\n${sweep.runs.length} runs, ${left.length} to train: about ${formatDuration(seconds)} with ${jobs} at a time (${rate.source})`,
  );
  const warning = warningFor(sweep);
  if (warning !== null) print(warning);
  return 0;
}

/** `r=4;bias=true` */
function formatAxes(axes: AxisValues): string {
  return Object.entries(axes)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");
}

/** What so few seeds cannot show, before they are trained. */
export function warningFor(sweep: ExpandedSweep): string | null {
  return warningOf(new Set(sweep.runs.map(({ seed }) => seed)).size, comparisonsIn(sweep));
}

function statusOf(
  run: Run,
  { folder, before, earlier }: { folder: string; before: FinishedRuns; earlier: string | undefined },
): { readonly trains: boolean; readonly status: string } {
  const known = (status: string) => ({ trains: false, status });
  const path = join(folder, run.name);
  const here = finishedFingerprint(path);
  if (here === run.fingerprint) return known("finished");
  const elsewhere = before.folders.get(run.fingerprint);
  if (elsewhere !== undefined) return known(`finished as ${elsewhere}`);
  if (earlier !== undefined) return known(`same as ${earlier}`);
  const { trajectory, experiment } = run;
  const shorter = longestShorter("", { trajectory, epochs: experiment.training.epochs }, before);
  return { trains: true, status: `to train${shorter ? ` after epoch ${shorter.epochs}` : ""}` };
}
