// The end of `squeezebox sweep`: the comparison, what failed, where the files are, and what to do next.

import { join } from "node:path";
import { formatDuration, quoted } from "../format.js";
import { compareSweeps } from "../report/comparison.js";
import { readSweep } from "../report/read-sweep.js";
import type { ExpandedSweep } from "../sweep/expand.js";
import type { Workers } from "../sweep/launch/launcher.js";
import type { SweepEnd } from "../sweep/sweep-options.js";
import { comparisonText } from "./compare.js";
import { print, printError, printJson } from "./output.js";
import { workersWords } from "./progress.js";

export interface Conclusion {
  readonly folder: string;
  readonly seconds: number;
  readonly json: boolean;
  /** Whether workers go on without this command. */
  readonly isDetached: boolean;
}

/** Returns the exit code. */
export function conclude(
  { runs, baseline, metric, stopped }: ExpandedSweep,
  { finished, failed, unneeded, interrupted, workers, left }: SweepEnd,
  { folder, seconds, json, isDetached }: Conclusion,
): number {
  const exitCode = interrupted || left !== null ? 130 : failed.length > 0 ? 1 : 0;
  const comparison = compareSweeps([readSweep(folder)], { baseline, metric });
  if (json) {
    const reasons = failed.map(({ run, reason }) => ({ run: run.name, reason }));
    printJson({
      ...{
        runs: runs.length,
        finished,
        ...(stopped.size > 0 ? { unneeded: 0, stopped: unneeded } : { unneeded, stopped: 0 }),
        failed: reasons,
        interrupted,
        detached: isDetached,
        workers,
      },
      ...{ seconds, folder, comparison },
    });
    return exitCode;
  }
  print("");
  if (finished > 0) print(`${comparisonText(comparison)}\n`);
  for (const { run, reason } of failed)
    printError(`failed: ${run.name}: ${reason} (${join(folder, run.name, "log.txt")})`);
  const lost = failed.length > 0 ? `, ${failed.length} failed` : "";
  const saved =
    unneeded > 0 ? `${lost}, ${unneeded} were ${stopped.size > 0 ? "stopped before" : "not needed"}` : lost;
  print(`${finished} of ${runs.length} runs finished${saved}; ${formatDuration(seconds)}`);
  if (finished > 0)
    print(`results: ${join(folder, "summary.csv")}, ${join(folder, "<variant>", "seed-<n>", "epochs.csv")}`);
  if (finished > 0 && !interrupted) print(`for plots and tables: npx squeezebox report ${shellWord(folder)}`);
  if (isDetached)
    print(
      `${goOnWords(workers)}; run the same command again to follow them, or with --stop to end them; how far they are: npx squeezebox status ${shellWord(folder)}`,
    );
  else if (interrupted) print("interrupted; run the same command again to continue");
  else if (left === "stopped")
    print("another command has stopped its workers; run the same command again to continue");
  else if (left === "changed")
    print(
      "another command has changed the sweep, and its runs are trained now; run this one again for the others",
    );
  else if (failed.length > 0) print("run the same command again to retry the failed runs");
  return exitCode;
}

/** Some of them may still be waiting. */
function goOnWords(workers: Workers | null): string {
  if (workers === null) return workersWords(null);
  const count = workers.running + workers.waiting;
  return `${count} ${count === 1 ? "worker goes" : "workers go"} on without this command`;
}

/** Quoted for a shell if that is necessary. */
function shellWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : quoted(path);
}
