// The runs that a sweep lacks -> trained runs: by workers that a launcher starts, while people watch.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { launcherFor } from "../config/launcher.js";
import type { LauncherSpec } from "../config/sweep-spec.js";
import { InputError } from "../diagnostic.js";
import { checkEngine } from "../engine/select-engine.js";
import type { EngineOptions } from "../runtime/devices.js";
import { usesGpus } from "../runtime/gpus.js";
import type { ExpandedSweep } from "../sweep/expand.js";
import { withFinishedSeeds } from "../sweep/finished-runs.js";
import type { Launcher } from "../sweep/launch/launcher.js";
import { slurmWorkers } from "../sweep/launch/slurm.js";
import { hasSlurmJobs, stopSlurm } from "../sweep/launch/slurm-jobs.js";
import type { SweepInputs } from "../sweep/load-sweep.js";
import { runSweep } from "../sweep/run-sweep.js";
import type { Stage } from "../sweep/stages.js";
import type { SweepEnd } from "../sweep/sweep-options.js";
import type { Run } from "../sweep/variant.js";
import { removeOrders } from "../sweep/work/orders.js";
import { autoNotes } from "./auto-backend.js";
import { chooseLauncher } from "./choose-launcher.js";
import type { EngineFlags } from "./inputs.js";
import { INTERRUPTS, outputLost, print, printJson } from "./output.js";
import { printPlan } from "./plan.js";
import { memoryAdvice } from "./plan-memory.js";
import { silentView, watchSweep, workersWords } from "./progress.js";
import type { Conclusion } from "./sweep-end.js";

export interface SweepFlags extends EngineFlags, SweepInputs {
  readonly jobs?: number;
  readonly runs: string;
  readonly dryRun: boolean;
  readonly tensorboard: boolean;
  readonly predictions: boolean;
  readonly loaders: number;
  readonly gpus?: string;
  readonly jobsPerGpu: number;
  readonly launcher?: string;
  readonly detach: boolean;
  readonly stop: boolean;
  readonly json: boolean;
}

interface TrainOptions {
  /** What is kept as the sweep's file. */
  readonly text: string;
  readonly flags: SweepFlags;
  /** As the flags name it. */
  readonly engine: EngineOptions;
  /** What would be trained before, for `--dry-run`. */
  readonly before?: Stage | null;
  /** What people should know before they wait; null if there is nothing. */
  readonly warning: string | null;
  /** Prints the end, and returns the exit code. */
  readonly conclude: (sweep: ExpandedSweep, end: SweepEnd, about: Conclusion) => number;
}

/** Trains the runs that a sweep lacks, or does what else the flags ask for. */
export async function trainSweep(
  asked: ExpandedSweep,
  { text, flags, engine: named, before = null, warning, conclude: end }: TrainOptions,
): Promise<number> {
  const folder = join(flags.runs, asked.name);
  const expanded = withFinishedSeeds(asked, folder);
  const spec = launcherFor(flags.launcher, asked.launcher);
  const engine = spec.name === "slurm" ? { ...named, threads: flags.threads ?? spec.cpus } : named;
  const launcher = chooseLauncher(spec, { ...flags, engine });
  if (flags.dryRun) return printPlan(expanded, { ...flags, engine, jobs: launcher.workers, before, warning });
  if (flags.stop) return stopWorkers(launcher, folder, flags);
  if (flags.detach && launcher.isAttached)
    throw new InputError("--detach is for launchers whose workers go on by themselves: --launcher slurm");
  if (launcher.isAttached) await checkEngine(engine);
  if (launcher.isAttached && !flags.json) for (const note of await autoNotes(engine)) print(note);
  if (!flags.json)
    for (const advice of await adviceFor(spec, {
      engine,
      folder,
      runs: expanded.runs,
      jobs: launcher.workers,
    }))
      print(advice);
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  const whenOutputIsLost = (error: Error) => abort.abort(error);
  for (const signal of INTERRUPTS) process.on(signal, interrupt);
  process.stdout.on("error", whenOutputIsLost);
  const kept = expanded.runs.length - asked.runs.length;
  if (kept > 0 && !flags.json)
    print(`${kept} finished ${kept === 1 ? "run" : "runs"} of other seeds stay in the comparison`);
  if (warning !== null && !flags.json && !flags.quick) print(warning);
  const view = flags.json ? silentView() : watchSweep();
  const start = performance.now();
  try {
    const ended = await runSweep(expanded, {
      root: flags.runs,
      folder,
      text,
      tensorboard: flags.tensorboard,
      predictions: flags.predictions,
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
    const isUnfinished = ended.finished + ended.failed.length + ended.unneeded < expanded.runs.length;
    const isDetached = !launcher.isAttached && (flags.detach || ended.interrupted) && isUnfinished;
    return end(expanded, ended, { folder, seconds, json: flags.json, isDetached });
  } finally {
    view.close();
    for (const signal of INTERRUPTS) process.off(signal, interrupt);
    process.stdout.off("error", whenOutputIsLost);
  }
}

/** What people would want to know before they wait. */
async function adviceFor(
  spec: LauncherSpec,
  {
    engine,
    folder,
    runs,
    jobs,
  }: { engine: EngineOptions; folder: string; runs: readonly Run[]; jobs: number },
): Promise<string[]> {
  if (spec.name === "slurm")
    return spec.gpus > 0 && !usesGpus(engine)
      ? ["its jobs have GPUs, but no backend that uses them is set up: npx squeezebox setup tensorflow --gpu"]
      : [];
  const memory = memoryAdvice(runs, { engine, jobs });
  const others = await slurmWorkers(folder);
  return others !== null && others.running + others.waiting > 0
    ? [
        `Slurm jobs train this sweep as well (${workersWords(others)}); --launcher slurm follows them`,
        ...memory,
      ]
    : memory;
}

/** Commands that follow the sweep end as well. */
async function stopWorkers(launcher: Launcher, folder: string, { json }: SweepFlags): Promise<number> {
  if (launcher.isAttached && !hasSlurmJobs(folder))
    throw new InputError(
      `${folder} has no workers elsewhere; those on this machine end with their command: press Ctrl-C where it runs`,
    );
  if (!existsSync(folder)) throw new InputError(`there is no folder ${folder}: nothing has been started`);
  removeOrders(folder);
  // People need not name the launcher again.
  await (launcher.isAttached ? stopSlurm(folder) : launcher.stop(folder));
  if (json) printJson({ stopped: folder });
  else print("its workers have been told to stop; run the same command without --stop to continue");
  return 0;
}
