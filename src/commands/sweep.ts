// squeezebox sweep: trains the missing runs of a sweep, then prints its table.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { checkEngine } from "../engine/select-engine.js";
import { formatDuration } from "../format.js";
import { compareSweeps } from "../report/comparison.js";
import { readSweep } from "../report/read-sweep.js";
import { defaultJobs } from "../runtime/devices.js";
import { gpusFor } from "../runtime/gpus.js";
import type { ExpandedSweep } from "../sweep/expand.js";
import { withFinishedSeeds } from "../sweep/finished-runs.js";
import { localLauncher } from "../sweep/launch/local.js";
import { expandFile, type SweepInputs } from "../sweep/load-sweep.js";
import { runLockedSweep } from "../sweep/run-locked.js";
import type { SweepEnd } from "../sweep/run-sweep.js";
import { comparisonText } from "./compare.js";
import { watchData } from "./data-progress.js";
import { type EngineFlags, parseEngine } from "./inputs.js";
import { INTERRUPTS, outputLost, print, printError, printJson } from "./output.js";
import { printPlan, warningFor } from "./plan.js";
import { silentView, watchSweep } from "./progress.js";

export interface SweepFlags extends EngineFlags, SweepInputs {
  readonly jobs?: number;
  readonly runs: string;
  readonly dryRun: boolean;
  readonly tensorboard: boolean;
  readonly loaders: number;
  readonly json: boolean;
}

export async function sweep(file: string, flags: SweepFlags): Promise<number> {
  const engine = parseEngine(flags);
  const gpus = gpusFor(engine);
  const data = watchData(flags.json);
  const asked = await expandFile(file, flags, data.progressed).finally(data.close);
  const folder = join(flags.runs, asked.name);
  const expanded = withFinishedSeeds(asked, folder);
  if (flags.dryRun) return printPlan(expanded, { ...flags, engine });
  await checkEngine(engine);
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  const whenOutputIsLost = (error: Error) => abort.abort(error);
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  process.stdout.on("error", whenOutputIsLost);
  const kept = expanded.runs.length - asked.runs.length;
  if (kept > 0 && !flags.json)
    print(`${kept} finished ${kept === 1 ? "run" : "runs"} of other seeds stay in the comparison`);
  const warning = warningFor(expanded);
  if (warning !== null && !flags.json && !flags.quick) print(warning);
  const view = flags.json ? silentView() : watchSweep();
  const start = performance.now();
  try {
    const end = await runLockedSweep(expanded, {
      root: flags.runs,
      folder,
      text: withFlags(readFileSync(file, "utf8"), flags),
      tensorboard: flags.tensorboard,
      loaders: flags.loaders,
      launcher: localLauncher(flags.jobs ?? defaultJobs(engine, gpus), gpus),
      ...engine,
      signal: abort.signal,
      watcher: view,
    });
    view.close();
    const { reason } = abort.signal as { reason: unknown };
    if (reason instanceof Error && "syscall" in reason) throw new InputError(outputLost(reason));
    return conclude(expanded, end, { folder, seconds: (performance.now() - start) / 1000, json: flags.json });
  } finally {
    view.close();
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
    process.stdout.off("error", whenOutputIsLost);
  }
}

/** The text of the sweep, preceded by comments with the flags that changed it. */
function withFlags(text: string, { set, seeds, quick }: SweepFlags): string {
  const flags = [
    ...set.map((one) => `--set ${one}`),
    ...(seeds === undefined ? [] : [`--seeds ${seeds}`]),
    ...(quick ? ["--quick"] : []),
  ];
  return flags.map((flag) => `# with ${flag.replaceAll("\n", " ")}\n`).join("") + text;
}

function conclude(
  { runs, baseline, metric }: ExpandedSweep,
  { finished, failed, interrupted }: SweepEnd,
  { folder, seconds, json }: { folder: string; seconds: number; json: boolean },
): number {
  const exitCode = interrupted ? 130 : failed.length > 0 ? 1 : 0;
  const comparison = compareSweeps([readSweep(folder)], { baseline, metric });
  if (json) {
    const reasons = failed.map(({ run, reason }) => ({ run: run.name, reason }));
    printJson({ runs: runs.length, finished, failed: reasons, interrupted, seconds, folder, comparison });
    return exitCode;
  }
  print("");
  if (finished > 0) print(`${comparisonText(comparison)}\n`);
  for (const { run, reason } of failed)
    printError(`failed: ${run.name}: ${reason} (${join(folder, run.name, "log.txt")})`);
  print(`${finished} of ${runs.length} runs finished; ${formatDuration(seconds)}`);
  if (finished > 0)
    print(`results: ${join(folder, "summary.csv")}, ${join(folder, "<variant>", "seed-<n>", "epochs.csv")}`);
  if (finished > 0 && !interrupted) print(`for plots and tables: npx squeezebox report ${folder}`);
  if (interrupted) print("interrupted; run the same command again to continue");
  else if (failed.length > 0) print("run the same command again to retry the failed runs");
  return exitCode;
}
