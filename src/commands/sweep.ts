// squeezebox sweep: trains what a sweep still lacks, then prints its table.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../diagnostic.js";
import { isLock, lockFolder } from "../records/lock.js";
import { compareSweep } from "../report/comparison.js";
import { formatComparison, formatDuration } from "../report/format.js";
import { type ExpandedSweep, expandSweep } from "../sweep/expand.js";
import { runSweep, type SweepEnd } from "../sweep/run-sweep.js";
import {
  defaultJobs,
  type EngineFlags,
  loadSweep,
  parseEngine,
  parseOverrides,
  rememberedFacts,
} from "./inputs.js";
import { print, printError } from "./output.js";
import { printPlan } from "./plan.js";
import { watchSweep } from "./progress.js";

export interface SweepFlags extends EngineFlags {
  readonly set: readonly string[];
  readonly jobs?: number;
  readonly runs: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export async function sweep(file: string, flags: SweepFlags): Promise<number> {
  const engine = parseEngine(flags);
  const expanded = await expandSweep(loadSweep(file), parseOverrides(flags.set), rememberedFacts());
  if (flags.dryRun) return printPlan(expanded, flags);
  const folder = join(flags.runs, expanded.name);
  const lock = lockFolder(folder);
  if (!isLock(lock))
    throw new InputError(
      `another sweep is running in ${folder} (process ${lock.pid} on ${lock.host}); wait for it, or stop it and run this again`,
    );
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const view = watchSweep();
  const start = performance.now();
  try {
    const end = await runSweep(expanded, {
      root: flags.runs,
      folder,
      text: readFileSync(file, "utf8"),
      jobs: flags.jobs ?? defaultJobs(),
      ...engine,
      signal: abort.signal,
      watcher: view,
    });
    view.close();
    return conclude(expanded, end, { folder, seconds: (performance.now() - start) / 1000 });
  } finally {
    view.close();
    lock.release();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function conclude(
  { runs, baseline, metric }: ExpandedSweep,
  { finished, failed, interrupted }: SweepEnd,
  { folder, seconds }: { folder: string; seconds: number },
): number {
  print("");
  print(formatComparison(compareSweep(folder, { baseline, metric })));
  print("");
  for (const { run, reason } of failed)
    printError(`failed: ${run.name}: ${reason} (${join(folder, run.name, "log.txt")})`);
  print(`${finished} of ${runs.length} runs finished; ${formatDuration(seconds)}`);
  print(`results: ${join(folder, "summary.csv")}, ${join(folder, "<variant>", "seed-<n>", "epochs.csv")}`);
  if (interrupted) print("interrupted; the same command continues");
  else if (failed.length > 0) print("the same command tries the failed runs again");
  if (interrupted) return 130;
  return failed.length > 0 ? 1 : 0;
}
