// squeezebox sweep: trains the missing runs of a sweep, then prints its table.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { launcherFor } from "../config/launcher.js";
import { InputError } from "../diagnostic.js";
import { checkEngine } from "../engine/select-engine.js";
import { formatDuration } from "../format.js";
import { compareSweeps } from "../report/comparison.js";
import { readSweep } from "../report/read-sweep.js";
import type { ExpandedSweep } from "../sweep/expand.js";
import { withFinishedSeeds } from "../sweep/finished-runs.js";
import type { Launcher } from "../sweep/launch/launcher.js";
import { expandFile, type SweepInputs } from "../sweep/load-sweep.js";
import { runSweep, type SweepEnd } from "../sweep/run-sweep.js";
import { chooseLauncher } from "./choose-launcher.js";
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
  readonly gpus?: string;
  readonly jobsPerGpu: number;
  readonly launcher?: string;
  readonly detach: boolean;
  readonly stop: boolean;
  readonly json: boolean;
}

export async function sweep(file: string, flags: SweepFlags): Promise<number> {
  const named = parseEngine(flags);
  const data = watchData(flags.json);
  const asked = await expandFile(file, flags, data.progressed).finally(data.close);
  const folder = join(flags.runs, asked.name);
  const expanded = withFinishedSeeds(asked, folder);
  const spec = launcherFor(flags.launcher, asked.launcher);
  const engine = spec.name === "slurm" ? { ...named, threads: flags.threads ?? spec.cpus } : named;
  if (flags.dryRun) return printPlan(expanded, { ...flags, engine });
  const launcher = chooseLauncher(spec, { ...flags, engine });
  if (flags.stop) return stopWorkers(launcher, folder, flags);
  if (flags.detach && launcher.isAttached)
    throw new InputError("--detach is for launchers whose workers go on by themselves: --launcher slurm");
  if (launcher.isAttached) await checkEngine(engine);
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
    const end = await runSweep(expanded, {
      root: flags.runs,
      folder,
      text: withFlags(readFileSync(file, "utf8"), flags),
      tensorboard: flags.tensorboard,
      loaders: flags.loaders,
      launcher,
      detach: flags.detach,
      ...engine,
      signal: abort.signal,
      watcher: view,
    });
    view.close();
    const { reason } = abort.signal as { reason: unknown };
    if (reason instanceof Error && "syscall" in reason) throw new InputError(outputLost(reason));
    const seconds = (performance.now() - start) / 1000;
    const isDetached = !launcher.isAttached && (flags.detach || end.interrupted);
    return conclude(expanded, end, { folder, seconds, json: flags.json, isDetached });
  } finally {
    view.close();
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
    process.stdout.off("error", whenOutputIsLost);
  }
}

async function stopWorkers(launcher: Launcher, folder: string, { json }: SweepFlags): Promise<number> {
  if (launcher.isAttached)
    throw new InputError("workers on this machine end with their command: press Ctrl-C where it runs");
  if (!existsSync(folder)) throw new InputError(`there is no folder ${folder}: nothing has been started`);
  await launcher.stop(folder);
  if (json) printJson({ stopped: folder });
  else print("its workers are told to end; run the same command without --stop to continue");
  return 0;
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

interface Conclusion {
  readonly folder: string;
  readonly seconds: number;
  readonly json: boolean;
  /** Whether workers go on without this command. */
  readonly isDetached: boolean;
}

function conclude(
  { runs, baseline, metric }: ExpandedSweep,
  { finished, failed, interrupted }: SweepEnd,
  { folder, seconds, json, isDetached }: Conclusion,
): number {
  const exitCode = interrupted ? 130 : failed.length > 0 ? 1 : 0;
  const comparison = compareSweeps([readSweep(folder)], { baseline, metric });
  if (json) {
    const reasons = failed.map(({ run, reason }) => ({ run: run.name, reason }));
    printJson({
      ...{ runs: runs.length, finished, failed: reasons, interrupted, detached: isDetached },
      ...{ seconds, folder, comparison },
    });
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
  if (isDetached)
    print(
      `its workers go on; run the same command again to follow them, with --stop to end them; npx squeezebox status ${folder}`,
    );
  else if (interrupted) print("interrupted; run the same command again to continue");
  else if (failed.length > 0) print("run the same command again to retry the failed runs");
  return exitCode;
}
